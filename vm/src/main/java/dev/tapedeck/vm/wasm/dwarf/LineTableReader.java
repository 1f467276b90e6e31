package dev.tapedeck.vm.wasm.dwarf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Reads {@code .debug_line}: a line number program for each unit of compilation, and joins their rows. */
final class LineTableReader {
    private static final int WARNINGS_MAX = 20;

    /** Rows beyond these are left out: hundreds of megabytes of source have fewer. */
    private static final int ROWS_MAX = 1 << 22;

    private final FileNames names;
    private final Rows rows = new Rows();

    /** For each sequence its first code offset in the upper half, and the index of its first row in the lower. */
    private long[] sequences = new long[16];

    private int sequenceCount;
    private final List<String> warnings = new ArrayList<>();

    LineTableReader(Map<String, byte[]> sections) {
        names = new FileNames(section(sections, ".debug_str"), section(sections, ".debug_line_str"));
    }

    private static byte[] section(Map<String, byte[]> sections, String name) {
        byte[] bytes = sections.get(name);
        return bytes == null ? new byte[0] : bytes;
    }

    LineTable read(byte[] section) {
        DwarfInput input = new DwarfInput(section);
        try {
            while (input.remaining() > 0) {
                int at = input.position();
                long length = input.u32();
                int offsetBytes = 4;
                if (length == 0xFFFF_FFFFL) {
                    offsetBytes = 8;
                    length = input.unsigned(8);
                } else if (length >= 0xFFFF_FFF0L) {
                    throw new DwarfException("byte " + at + ": a unit has the reserved length " + length);
                }
                unit(at, input.split(length), section, offsetBytes);
            }
        } catch (DwarfException e) {
            warn(e);
        }
        if (names.incomplete()) {
            warn(new DwarfException("there are more or longer names of source files than can be kept"));
        }
        return new LineTable(joined(), names.files(), warnings);
    }

    private void unit(int at, DwarfInput unit, byte[] section, int offsetBytes) {
        try {
            new LineProgram(unit, section, offsetBytes, names, this::sequence).run();
        } catch (DwarfException e) {
            warn(new DwarfException("the unit at byte " + at + ": " + e.getMessage()));
        }
    }

    private void sequence(Rows sequence) throws DwarfException {
        if (rows.size() + sequence.size() > ROWS_MAX) {
            throw new DwarfException("there are more than " + ROWS_MAX + " rows");
        }
        if (sequenceCount == sequences.length) {
            sequences = Arrays.copyOf(sequences, sequenceCount * 2);
        }
        sequences[sequenceCount++] = (long) sequence.offset(0) << 32 | rows.size();
        rows.append(sequence, 0, sequence.size());
    }

    /** Sequences do not overlap in what compilers write. Where they do, the one that begins first counts. */
    private Rows joined() {
        Arrays.sort(sequences, 0, sequenceCount);
        Rows all = new Rows();
        int overlapping = 0;
        for (int i = 0; i < sequenceCount; i++) {
            int from = (int) sequences[i];
            int to = end(from);
            if (!all.isEmpty() && rows.offset(from) < all.lastOffset()) {
                overlapping++;
                continue;
            }
            if (!all.isEmpty() && rows.offset(from) == all.lastOffset()) {
                all.removeLast();
            }
            all.append(rows, from, to);
        }
        if (overlapping > 0) {
            warn(new DwarfException(overlapping + " sequences of rows overlap others"));
        }
        return all;
    }

    /** The row behind those of the sequence that begins at {@code from}. */
    private int end(int from) {
        int end = from;
        while (!rows.endsSequence(end)) {
            end++;
        }
        return end + 1;
    }

    private void warn(DwarfException problem) {
        if (warnings.size() < WARNINGS_MAX) {
            warnings.add(".debug_line: " + problem.getMessage() + "; left out");
        }
    }
}
