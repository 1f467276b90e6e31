package dev.tapedeck.vm.wasm;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * The official test suite of WebAssembly, as {@code wast2json} wrote it: one {@code .json} for each script, and the modules
 * it names beside it. It is not part of this project: the system property says where its archive is.
 */
final class OfficialSuite {
    /** The path of the archive, a {@code .tar.xz}. */
    static final String PROPERTY = "tapedeck.wasmTestsuite";

    private final TreeMap<String, byte[]> files = new TreeMap<>();

    private OfficialSuite() {}

    static OfficialSuite read(Path archive) throws IOException {
        OfficialSuite suite = new OfficialSuite();
        try (InputStream file = new BufferedInputStream(Files.newInputStream(archive));
                TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(file))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isFile()) {
                    String name = entry.getName();
                    suite.files.put(name.startsWith("./") ? name.substring(2) : name, tar.readAllBytes());
                }
            }
        }
        return suite;
    }

    /** The names of the scripts. */
    List<String> scripts() {
        return files.keySet().stream().filter(name -> name.endsWith(".json")).toList();
    }

    /** The bytes of a script, or of a file beside it. */
    byte[] file(String script, String name) {
        String path = script.substring(0, script.lastIndexOf('/') + 1) + name;
        return Objects.requireNonNull(files.get(path), path);
    }
}
