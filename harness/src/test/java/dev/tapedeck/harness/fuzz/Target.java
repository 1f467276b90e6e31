package dev.tapedeck.harness.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/** What takes bytes from outside: any input has to end in a result or in the error that is meant for it. */
enum Target {
    /** Programs as files, without the digest at the end: it is put there, since no input would ever have the right one. */
    BC(new BcTarget()),
    TASM(new TasmTarget()),
    /** A byte that chooses the program, and a snapshot of it. */
    SNAPSHOT(new SnapshotTarget()),
    /** A packed recording, or the parts of one. */
    RECORDING(new RecordingTarget()),
    WASM(new WasmTarget()),
    /** The sections of debug information. */
    DWARF(new DwarfTarget()),
    WAT(new WatTarget()),
    /** The files of a store of snapshots. */
    STORE(new StoreTarget()),
    /** A snapshot, and what happened to the program since. */
    RELOCATION(new RelocationTarget()),
    /** Calls of a program to the functions of WASI. */
    WASI(new WasiTarget()),
    /** A valid program that is run in every way there is. */
    RUN(new RunTarget());

    /** The longest input, in bytes: a few instructions of everything fit. */
    static final int INPUT_BYTES_MAX = 1 << 14;

    interface Code {
        /**
         * Does with an input what would be done with a file.
         *
         * @throws Exception if something is wrong with us, not with the input
         */
        void run(byte[] input) throws Exception;

        /** Good inputs to begin with. */
        List<byte[]> seeds() throws Exception;
    }

    private final Code code;

    Target(Code code) {
        this.code = code;
    }

    Code code() {
        return code;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Inputs that went wrong once. */
    Path kept() {
        return Path.of("src/test/resources/dev/tapedeck/harness/fuzz", label());
    }

    /** Files with a name that ends so, in a folder and below, in the order of their names; none if it is not there. */
    static List<byte[]> files(String folder, String ending, long bytesMax) {
        Path path = Path.of(folder);
        if (!Files.isDirectory(path)) {
            throw new IllegalStateException("no folder " + path.toAbsolutePath());
        }
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .filter(file -> file.toFile().length() <= bytesMax)
                    .sorted()
                    .map(Target::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes that mean nothing, always the same for the same seed: to begin with where any bytes are a good input. */
    static byte[] noise(long seed, int length) {
        byte[] noise = new byte[length];
        new Random(seed).nextBytes(noise);
        return noise;
    }

    static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
