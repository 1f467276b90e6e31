package dev.tapedeck.vm.wasm.dwarf;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The names of all source files. They are read only when a row refers to them, and so many characters in all and no more:
 * a thousand entries of a few bytes can all refer to one text of a megabyte.
 */
final class FileNames {
    private static final int FILES_MAX = 1 << 16;
    private static final int NAME_BYTES_MAX = 1 << 12;

    /** What may be read in all, in bytes. */
    private static final long READ_BYTES_MAX = 1 << 26;

    /** What may be kept in all, in characters. */
    private static final long KEPT_CHARS_MAX = 1 << 24;

    private final byte[] strings;
    private final byte[] lineStrings;
    private final Map<String, Integer> indexes = new LinkedHashMap<>();
    private long readBytes;
    private long keptChars;
    private boolean incomplete;

    FileNames(byte[] strings, byte[] lineStrings) {
        this.strings = strings;
        this.lineStrings = lineStrings;
    }

    /** Where a name lies: {@code offset} in {@code section} is out of range if there is none. */
    record Name(byte[] section, long offset) {}

    Name inStrings(long offset) {
        return new Name(strings, offset);
    }

    Name inLineStrings(long offset) {
        return new Name(lineStrings, offset);
    }

    List<String> files() {
        return new ArrayList<>(indexes.keySet());
    }

    boolean incomplete() {
        return incomplete;
    }

    /**
     * The index of a file.
     *
     * @param parts directories from the outermost, and the name
     * @return -1 if there is no name
     */
    int index(List<Name> parts) {
        String path = "";
        for (Name part : parts) {
            String text = text(part);
            path = isAbsolute(text) || path.isEmpty() ? text : path + "/" + text;
        }
        if (path.isEmpty()) {
            return -1;
        }
        String name = normal(path);
        Integer known = indexes.get(name);
        if (known != null) {
            return known;
        }
        if (indexes.size() == FILES_MAX || keptChars + name.length() > KEPT_CHARS_MAX) {
            incomplete = true;
            return -1;
        }
        keptChars += name.length();
        indexes.put(name, indexes.size());
        return indexes.size() - 1;
    }

    private String text(Name name) {
        if (name.offset < 0 || name.offset >= name.section.length) {
            return "";
        }
        int start = (int) name.offset;
        int end = start;
        while (end < name.section.length && name.section[end] != 0 && end - start < NAME_BYTES_MAX) {
            end++;
        }
        readBytes += end - start + 1;
        if (readBytes > READ_BYTES_MAX) {
            incomplete = true;
            return "";
        }
        String text = new String(name.section, start, end - start, StandardCharsets.UTF_8);
        return text.chars().anyMatch(Character::isISOControl) ? text.replaceAll("\\p{Cntrl}", "\uFFFD") : text;
    }

    private static boolean isAbsolute(String path) {
        return path.startsWith("/")
                || (path.length() > 2 && path.charAt(1) == ':' && Character.isLetter(path.charAt(0)))
                || path.startsWith("\\\\");
    }

    private static String normal(String path) {
        Deque<String> segments = new ArrayDeque<>();
        boolean rooted = path.startsWith("/");
        for (String segment : path.split("/")) {
            boolean up = segment.equals("..");
            if (up && !segments.isEmpty() && !segments.getLast().equals("..")) {
                segments.removeLast();
            } else if (!segment.isEmpty() && !segment.equals(".") && !(up && rooted)) {
                segments.addLast(segment);
            }
        }
        return (rooted ? "/" : "") + String.join("/", segments);
    }
}
