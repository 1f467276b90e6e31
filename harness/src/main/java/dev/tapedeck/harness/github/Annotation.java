package dev.tapedeck.harness.github;

import dev.tapedeck.harness.text.Visible;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What GitHub Actions shows at a line of a file.
 *
 * @param level how bad it is
 * @param place where; empty shows it with the job, as does a name with control characters
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

    /** What {@link Visible} writes out, and yet may stand in a name: ends of lines are escaped, joiners are part of scripts. */
    private static final Pattern JOINERS_AND_ENDS = Pattern.compile("[\\r\\n\\u200c\\u200d]");

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
        place.filter(at -> writable(at.file())).ifPresent(at -> {
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

    /**
     * Whether a name can be written as it is. GitHub has escapes for ends of lines, but for no other control character, and a
     * name that is written in another way is no file's.
     */
    private static boolean writable(String file) {
        String plain = JOINERS_AND_ENDS.matcher(file).replaceAll("");
        return Visible.of(plain, Integer.MAX_VALUE).equals(plain);
    }

    private static String property(String text) {
        return data(text).replace(":", "%3A").replace(",", "%2C");
    }

    private static String data(String text) {
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
    }
}
