package dev.tapedeck.harness.recording;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Files of Tapedeck's own in an output folder. What else has one of their names there, a link or a pipe, is neither followed
 * nor opened: a link would lead to somebody else's file, and a pipe would be waited for.
 */
public final class OwnFile {
    private OwnFile() {}

    /**
     * Opens the file where it is one, or is to be made.
     *
     * @throws IOException also if it is a link, a directory or a device; the message is a sentence that names it
     */
    public static FileChannel open(Path file, OpenOption... how) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw inTheWay(file);
        }
        Set<OpenOption> options = new HashSet<>(Arrays.asList(how));
        options.add(LinkOption.NOFOLLOW_LINKS);
        return FileChannel.open(file, options);
    }

    /**
     * Removes what is no file, so that one can be written there: a link itself, not what it leads to.
     *
     * @throws IOException if it is a directory; the message is a sentence that names it
     */
    public static void clear(Path file) throws IOException {
        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            throw inTheWay(file);
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(file);
        }
    }

    /** Writes the file as a whole, in place of what is there. */
    public static void write(Path file, byte[] bytes) throws IOException {
        clear(file);
        WholeFile.write(file, bytes);
    }

    private static IOException inTheWay(Path file) {
        String what = Files.isSymbolicLink(file)
                ? "a link"
                : Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) ? "a folder" : "a pipe or a device";
        return new IOException(file + " is " + what + ", where a file of Tapedeck's own belongs; remove it");
    }
}
