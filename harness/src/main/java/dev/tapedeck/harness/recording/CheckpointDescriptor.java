package dev.tapedeck.harness.recording;

/**
 * A checkpoint: the digest of the state at an instruction count at which a flow block ends, before all that happens there,
 * and the state. It stands behind that block or some later one.
 *
 * <p>The layout is in docs/recording-format.md, <i>Checkpoint</i>.
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier, not a value.
record CheckpointDescriptor(long icount, long stateDigest, Form form, byte[] state) {
    static final int STATE_BYTES_MAX = 1 << 29;

    /** Codes are stable. */
    enum Form {
        INITIAL(0),
        FULL(1),
        DELTA(2),
        DIGEST_ONLY(3);

        private final int code;

        Form(int code) {
            this.code = code;
        }

        boolean stored() {
            return this == FULL || this == DELTA;
        }
    }

    byte[] encode() {
        PayloadOutput out = new PayloadOutput().i64(icount).i64(stateDigest).u8(form.code);
        if (form.stored()) {
            out.compressed(state);
        }
        return out.toBytes();
    }

    /** Without the state, which is large. */
    static CheckpointDescriptor decodeHead(byte[] payload) throws RecordingException {
        return head(new PayloadInput(payload));
    }

    static CheckpointDescriptor decode(byte[] payload) throws RecordingException {
        PayloadInput in = new PayloadInput(payload);
        CheckpointDescriptor head = head(in);
        byte[] state = head.form.stored() ? in.compressed("the state of a checkpoint", STATE_BYTES_MAX) : head.state;
        in.end();
        return new CheckpointDescriptor(head.icount, head.stateDigest, head.form, state);
    }

    private static CheckpointDescriptor head(PayloadInput in) throws RecordingException {
        long icount = in.i64("icount", 0, Long.MAX_VALUE);
        long digest = in.i64("state digest");
        int code = in.u8("form");
        for (Form form : Form.values()) {
            if (form.code == code) {
                return new CheckpointDescriptor(icount, digest, form, new byte[0]);
            }
        }
        throw in.error("form is " + code + ", expected 0 to 3");
    }
}
