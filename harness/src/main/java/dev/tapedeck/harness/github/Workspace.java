package dev.tapedeck.harness.github;

import dev.tapedeck.harness.github.Annotation.Place;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The checkout that a job works on. Names of source files come from programs and their debug information, which may have been
 * built elsewhere: a file is looked for under the ends of its path too, and never outside of the workspace. Whether it is
 * there is all that is looked at.
 */
final class Workspace {
    private final Path root;

    /** @param root absolute */
    Workspace(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    /**
     * A place in a source file, if that file is in the workspace.
     *
     * @param folders where relative names may start from, besides the workspace itself
     */
    Optional<Place> source(String source, int line, List<Path> folders) {
        // Rust's library is in nobody's workspace, however a file there is called.
        if (source.isEmpty() || line < 1 || source.startsWith("/rustc/")) {
            return Optional.empty();
        }
        List<Path> bases = new ArrayList<>(folders);
        bases.add(root);
        String rest = source.replace('\\', '/');
        try {
            while (true) {
                for (Path base : bases) {
                    Optional<Place> found = file(base.resolve(rest), line);
                    if (found.isPresent()) {
                        return found;
                    }
                }
                int slash = rest.indexOf('/');
                if (slash < 0) {
                    return Optional.empty();
                }
                rest = rest.substring(slash + 1);
            }
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** A file as a place, if it is there and in the workspace. */
    Optional<Place> file(Path file, int line) {
        Path absolute = file.toAbsolutePath().normalize();
        return absolute.startsWith(root) && Files.isRegularFile(absolute)
                ? Optional.of(new Place(root.relativize(absolute).toString().replace('\\', '/'), line))
                : Optional.empty();
    }
}
