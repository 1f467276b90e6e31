package dev.tapedeck.vm.host;

import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The standard host functions (module {@code tape}), with a virtual clock and a seeded random source.
 *
 * <p>Its state is how far the input has been read and where the random source is. The input read last is kept, so that a
 * restore can go back; output that has been written stays written.
 */
public final class VirtualHost implements Host {
    private static final int STATE_BYTES = 16;
    private static final int DIGITS_MAX = 30;
    private static final int PIECE_BYTES = 1 << 20;
    private static final long RANDOM_STEP = 0x9E37_79B9_7F4A_7C15L;

    private final InputTape input;
    private final OutputStream output;
    private final OutputStream debug;

    private long random;

    /**
     * @param input what the program reads
     * @param output where its output goes
     * @param debug where debug prints go
     * @param seed seed of the random source
     */
    public VirtualHost(InputStream input, OutputStream output, OutputStream debug, long seed) {
        this(new InputTape(input), output, debug, seed);
    }

    /** The same, with an input that other hosts may read too. */
    public VirtualHost(InputTape input, OutputStream output, OutputStream debug, long seed) {
        this.input = input;
        this.output = output;
        this.debug = debug;
        this.random = seed;
    }

    @Override
    public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
        Optional<HostFunction> found = StandardHost.find(hostImport.module(), hostImport.name());
        if (found.isEmpty()) {
            return Optional.of("no such function");
        }
        FunctionType expected = found.get().type();
        return expected.equals(type) ? Optional.empty() : Optional.of("the function has type " + expected);
    }

    @Override
    public void call(HostCall call) throws HostException {
        HostImport function = call.hostImport();
        if (!function.module().equals(StandardHost.MODULE)) {
            throw new HostException("no such function");
        }
        switch (function.name()) {
            case "output" -> write(output, call);
            case "debug" -> write(debug, call);
            case "input" -> input(call);
            case "print_char" -> write(output, new byte[] {(byte) call.argument(0)});
            case "print_i32" -> print(Integer.toString((int) call.argument(0)));
            case "print_i64" -> print(Long.toString(call.argument(0)));
            case "print_f64" -> print(DecimalText.shortest(Double.longBitsToDouble(call.argument(0))));
            case "print_fixed" -> printFixed(call);
            case "clock" -> call.setResult(0, call.icount());
            case "random" -> call.setResult(0, nextRandom());
            case "exit" -> call.halt((int) call.argument(0));
            default -> throw new HostException("no such function");
        }
    }

    /** Copies a range of memory to a stream, in pieces: the range can be larger than the heap. */
    private static void write(OutputStream stream, HostCall call) throws HostException {
        long address = call.argument(0) & 0xFFFF_FFFFL;
        long length = call.argument(1) & 0xFFFF_FFFFL;
        checkRange(call, address, length);
        for (long done = 0; done < length; done += PIECE_BYTES) {
            write(stream, call.readMemory(address + done, (int) Math.min(PIECE_BYTES, length - done)));
        }
    }

    private static void checkRange(HostCall call, long address, long length) throws HostException {
        if (address + length > call.memoryBytes()) {
            throw new HostException(
                    "address " + address + ", " + length + " bytes, memory has " + call.memoryBytes() + " bytes");
        }
    }

    private static void write(OutputStream stream, byte[] bytes) throws HostException {
        try {
            stream.write(bytes);
        } catch (IOException e) {
            throw new HostException("cannot write: " + e.getMessage());
        }
    }

    private void print(String text) throws HostException {
        write(output, (text + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void printFixed(HostCall call) throws HostException {
        int digits = (int) call.argument(1);
        if (digits < 0 || digits > DIGITS_MAX) {
            throw new HostException(digits + " digits, expected 0 to " + DIGITS_MAX);
        }
        print(DecimalText.fixed(Double.longBitsToDouble(call.argument(0)), digits));
    }

    /**
     * Fills the buffer as far as the input goes, however many bytes come at a time: what the program sees depends on the
     * input's bytes only.
     */
    private void input(HostCall call) throws HostException {
        long address = call.argument(0) & 0xFFFF_FFFFL;
        long capacity = call.argument(1) & 0xFFFF_FFFFL;
        checkRange(call, address, capacity);
        try {
            byte[] bytes = input.read(capacity);
            call.writeMemory(address, bytes);
            call.setResult(0, bytes.length);
        } catch (IOException e) {
            throw new HostException("cannot read: " + e.getMessage());
        }
    }

    /** The seed of a random source that goes on where another one is that has given so many numbers. */
    public static long seedAfter(long seed, long numbers) {
        return seed + numbers * RANDOM_STEP;
    }

    /** SplitMix64. */
    private long nextRandom() {
        random += RANDOM_STEP;
        long z = random;
        z = (z ^ z >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        return z ^ z >>> 31;
    }

    /** 16 bytes: the position in the input, the state of the random source; both big-endian. */
    @Override
    public HostState saveState() {
        return HostState.of(ByteBuffer.allocate(STATE_BYTES)
                .putLong(input.position())
                .putLong(random)
                .array());
    }

    @Override
    public void restoreState(HostState state) {
        if (state.bytes().length != STATE_BYTES) {
            throw new IllegalArgumentException(
                    "the state of the host has " + state.bytes().length + " bytes, expected " + STATE_BYTES);
        }
        ByteBuffer buffer = ByteBuffer.wrap(state.bytes());
        input.position(buffer.getLong());
        random = buffer.getLong();
    }
}
