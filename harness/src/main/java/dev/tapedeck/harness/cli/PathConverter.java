package dev.tapedeck.harness.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Paths. An empty one, as of a variable that is not set, would be the current directory. */
final class PathConverter implements ITypeConverter<Path> {
    private static final char REPLACEMENT = '\ufffd';

    @Override
    public Path convert(String text) {
        if (text.isEmpty()) {
            throw new TypeConversionException("the name is empty; the current directory is '.'");
        }
        try {
            Path path = Path.of(text);
            // What could not be decoded is replaced. Such a name reads like any other, but it is not the file's.
            if (text.indexOf(REPLACEMENT) >= 0 && !Files.exists(path)) {
                throw undecodable(text);
            }
            return path;
        } catch (InvalidPathException e) {
            if (e.getReason().contains("unmappable")) {
                throw undecodable(text);
            }
            throw new TypeConversionException("'" + text + "' is no path: " + e.getReason());
        }
    }

    private static TypeConversionException undecodable(String text) {
        String encoding = System.getProperty("sun.jnu.encoding", "");
        return new TypeConversionException(
                "'" + text + "' has bytes that are no text in the encoding of file names here"
                        + (encoding.isEmpty() ? "" : " (" + encoding + ")")
                        + (encoding.equals("UTF-8") ? "; rename it" : "; try LC_ALL=C.UTF-8, or rename it"));
    }
}
