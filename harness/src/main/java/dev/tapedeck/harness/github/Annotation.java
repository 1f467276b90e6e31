package dev.tapedeck.harness.github;

import dev.tapedeck.harness.text.Visible;
import java.util.Optional;

/**
 * What GitHub Actions shows at a line of a file.
 *
 * @param level how bad it is
 * @param place where; empty shows it with the job
 * @param title a few words
 * @param message one line
 */
public record Annotation(Level level, Optional<Place> place, String title, String message) {
    /** What GitHub calls it. */
    public enum Level {
        ERROR("error"),
        WARNING("warning");

        private final String command;

        Level(String command) {
            this.command = command;
        }
    }

    private static final int TITLE_CHARS_MAX = 200;

    /**
     * A line of a file.
     *
     * @param file relative to the workspace, with slashes
     * @param line from 1, or 0 for the file as a whole
     */
    public record Place(String file, int line) {}

    /** The workflow command that makes it, without a line end: a log line that begins with {@code ::} is one. */
    public String command() {
        StringBuilder text = new StringBuilder("::" + level.command + " ");
        place.ifPresent(at -> {
            text.append("file=").append(property(at.file())).append(',');
            if (at.line() > 0) {
                text.append("line=").append(at.line()).append(',');
            }
        });
        return text.append("title=")
                .append(property(Visible.of(title, TITLE_CHARS_MAX)))
                .append("::")
                .append(data(Visible.of(message)))
                .toString();
    }

    private static String property(String text) {
        return data(text).replace(":", "%3A").replace(",", "%2C");
    }

    private static String data(String text) {
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
    }
}
