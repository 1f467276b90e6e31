package dev.tapedeck.vm.program;

import java.util.Optional;

/** What a test expects of one place of the machine's state at the end of its run. */
public sealed interface StateExpectation {
    /**
     * A global.
     *
     * @param global its index
     * @param cell its value
     */
    record GlobalValue(int global, long cell) implements StateExpectation {}

    /** A register; the interrupt flag is 0 or 1, {@code hp} an i32. */
    record RegisterValue(Register register, long value) implements StateExpectation {}

    /**
     * Bytes of a linear memory.
     *
     * @param memory its index
     * @param address of the first byte, 0 to 2^32-1
     * @param bytes a Latin-1 string, one char per byte, not empty
     */
    record MemoryBytes(int memory, long address, String bytes) implements StateExpectation {}

    /** A register that a test can look at. */
    enum Register {
        SP(1, "sp"),
        BP(2, "bp"),
        HP(3, "hp"),
        ICOUNT(4, "icount"),
        INTERRUPTS(5, "interrupts");

        private final int code;
        private final String mnemonic;

        Register(int code, String mnemonic) {
            this.code = code;
            this.mnemonic = mnemonic;
        }

        /** The stable number in files. */
        public int code() {
            return code;
        }

        /** The name in texts. */
        public String mnemonic() {
            return mnemonic;
        }

        public static Optional<Register> ofCode(int code) {
            for (Register register : values()) {
                if (register.code == code) {
                    return Optional.of(register);
                }
            }
            return Optional.empty();
        }

        public static Optional<Register> ofMnemonic(String mnemonic) {
            for (Register register : values()) {
                if (register.mnemonic.equals(mnemonic)) {
                    return Optional.of(register);
                }
            }
            return Optional.empty();
        }
    }
}
