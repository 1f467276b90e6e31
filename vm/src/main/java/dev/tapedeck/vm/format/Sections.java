package dev.tapedeck.vm.format;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What our files are made of behind magic number and version: sections with an id, a length and a content, each at most
 * once, in the order of their ids. A section without content is left out. Those with ids from {@link #OPTIONAL_ID} on may
 * be skipped by a reader that does not know them; any other that it does not know is an error.
 */
final class Sections {
    static final int OPTIONAL_ID = 0x80;

    private Sections() {}

    /** Appends a section, unless it has no content. */
    static void write(BcOutput file, int id, BcOutput content) {
        if (content.size() > 0) {
            file.u8(id);
            file.blob(content.toByteArray());
        }
    }

    /**
     * The contents of the sections that are known, by id. Lengths and order are checked, nothing else.
     *
     * @param kind what messages begin with: nothing, or the kind of file and a space
     * @param label the name of a section, or null if its id is not known
     */
    static Map<Integer, BcInput> read(BcInput body, String kind, IntFunction<@Nullable String> label)
            throws FormatException {
        Map<Integer, BcInput> sections = new TreeMap<>();
        int before = 0;
        while (body.remaining() > 0) {
            String at = kind + "byte " + body.position() + ": ";
            int id = body.u8("a section id");
            String name = label.apply(id);
            if (name == null && id < OPTIONAL_ID) {
                throw new FormatException(at + "section " + BcInput.hex(id)
                        + " is not known to this Tapedeck and cannot be skipped; use a newer Tapedeck");
            }
            if (id <= before) {
                throw new FormatException(at + "section " + BcInput.hex(id) + " stands after section "
                        + BcInput.hex(before) + ", expected each once, in the order of their ids");
            }
            before = id;
            String section = "section " + (name == null ? BcInput.hex(id) : "'" + name + "'");
            long length = body.u32("the length of " + section);
            if (length == 0) {
                throw new FormatException(at + section + " is empty, expected it to be left out");
            }
            if (length > body.remaining()) {
                throw new FormatException(
                        at + section + " has " + length + " bytes, but only " + body.remaining() + " remain");
            }
            BcInput content = body.part((int) length, kind + section);
            if (name != null) {
                sections.put(id, content);
            }
        }
        return sections;
    }
}
