package dev.tapedeck.vm.wasm.dwarf;

import dev.tapedeck.vm.wasm.dwarf.FileNames.Name;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The line number program of one unit: its header, and the machine that carries it out. See chapter 6.2 of DWARF 5. */
final class LineProgram {
    private static final int COPY = 1;
    private static final int ADVANCE_PC = 2;
    private static final int ADVANCE_LINE = 3;
    private static final int SET_FILE = 4;
    private static final int SET_COLUMN = 5;
    private static final int NEGATE_STATEMENT = 6;
    private static final int SET_BASIC_BLOCK = 7;
    private static final int CONST_ADD_PC = 8;
    private static final int FIXED_ADVANCE_PC = 9;
    private static final int SET_PROLOGUE_END = 10;
    private static final int SET_EPILOGUE_BEGIN = 11;
    private static final int SET_ISA = 12;

    private static final int END_SEQUENCE = 1;
    private static final int SET_ADDRESS = 2;
    private static final int DEFINE_FILE = 3;

    private static final int CONTENT_PATH = 1;
    private static final int CONTENT_DIRECTORY = 2;

    private static final int FILE_UNREAD = -2;

    /** Takes the rows of one sequence; they are overwritten afterwards. */
    interface Sink {
        void sequence(Rows rows) throws DwarfException;
    }

    private record File(Name name, long directory) {}

    /** What an entry of a directory or file consists of. */
    private record Field(long content, long form) {}

    private final DwarfInput unit;
    private final byte[] section;
    private final int offsetBytes;
    private final FileNames names;
    private final Sink sink;

    private int version;
    private int addressBytes = 4;
    private int instructionBytes;
    private int lineBase;
    private int lineRange;
    private int opcodeBase;
    private int[] operandCounts = {};
    private final List<Name> directories = new ArrayList<>();
    private final List<File> files = new ArrayList<>();
    private int[] fileIndexes = {};

    private final Rows rows = new Rows();
    private boolean usable;
    private long address;
    private long file;
    private long line;

    /**
     * @param unit what follows the unit's length
     * @param section what {@code unit} is a part of
     * @param offsetBytes 4 or 8, by the format of the unit
     */
    LineProgram(DwarfInput unit, byte[] section, int offsetBytes, FileNames names, Sink sink) {
        this.unit = unit;
        this.section = section;
        this.offsetBytes = offsetBytes;
        this.names = names;
        this.sink = sink;
    }

    void run() throws DwarfException {
        header();
        begin();
        while (unit.remaining() > 0) {
            step();
        }
    }

    private void header() throws DwarfException {
        version = unit.u16();
        if (version < 2 || version > 5) {
            throw new DwarfException("version " + version + ", expected 2 to 5");
        }
        if (version >= 5) {
            addressBytes = unit.u8();
            if (unit.u8() != 0) {
                throw new DwarfException("addresses have segments");
            }
        }
        DwarfInput header = unit.split(unit.unsigned(offsetBytes));
        instructionBytes = header.u8();
        int operationsPerInstruction = version >= 4 ? header.u8() : 1;
        if (operationsPerInstruction > 1) {
            throw new DwarfException("an instruction is " + operationsPerInstruction + " operations, expected 1");
        }
        header.u8(); // whether rows are statements at first
        lineBase = header.s8();
        lineRange = header.u8();
        opcodeBase = header.u8();
        if (lineRange == 0 || opcodeBase == 0) {
            throw new DwarfException("a line range of " + lineRange + " and opcodes from " + opcodeBase
                    + ", expected 1 or more of each");
        }
        operandCounts = new int[opcodeBase];
        for (int opcode = 1; opcode < opcodeBase; opcode++) {
            operandCounts[opcode] = header.u8();
        }
        if (version >= 5) {
            entries(header, true);
            entries(header, false);
        } else {
            oldEntries(header);
        }
        fileIndexes = new int[files.size()];
        Arrays.fill(fileIndexes, FILE_UNREAD);
    }

    private void entries(DwarfInput header, boolean ofDirectories) throws DwarfException {
        List<Field> fields = new ArrayList<>();
        for (int i = header.u8(); i > 0; i--) {
            fields.add(new Field(header.uleb(), header.uleb()));
        }
        long count = header.uleb();
        // Each field takes a byte or more, so this also bounds what is kept.
        if (count < 0 || count > header.remaining() || (count > 0 && fields.isEmpty())) {
            throw new DwarfException(Long.toUnsignedString(count) + " entries of " + fields.size() + " fields in "
                    + header.remaining() + " bytes");
        }
        for (long i = 0; i < count; i++) {
            Name name = names.inStrings(-1);
            long directory = 0;
            for (Field field : fields) {
                if (field.content == CONTENT_PATH) {
                    name = name(header, field.form);
                } else if (field.content == CONTENT_DIRECTORY) {
                    directory = number(header, field.form);
                } else {
                    number(header, field.form);
                }
            }
            if (ofDirectories) {
                directories.add(name);
            } else {
                files.add(new File(name, directory));
            }
        }
    }

    private Name name(DwarfInput header, long form) throws DwarfException {
        return switch ((int) form) {
            case Form.STRING -> inlineName(header);
            case Form.LINE_STRP -> names.inLineStrings(header.unsigned(offsetBytes));
            case Form.STRP -> names.inStrings(header.unsigned(offsetBytes));
            default -> {
                number(header, form);
                yield names.inStrings(-1);
            }
        };
    }

    private Name inlineName(DwarfInput header) throws DwarfException {
        Name name = new Name(section, header.position());
        header.skipText();
        return name;
    }

    /** The value of a form if it is a small number; any other is passed over. */
    private long number(DwarfInput header, long form) throws DwarfException {
        switch ((int) form) {
            case Form.DATA1, Form.STRX1 -> {
                return header.u8();
            }
            case Form.DATA2, Form.STRX2 -> {
                return header.u16();
            }
            case Form.DATA4, Form.STRX4 -> {
                return header.u32();
            }
            case Form.UDATA, Form.STRX -> {
                return header.uleb();
            }
            case Form.SDATA -> {
                return header.sleb();
            }
            case Form.DATA8 -> header.skip(8);
            case Form.DATA16 -> header.skip(16);
            case Form.STRX3 -> header.skip(3);
            case Form.STRP, Form.LINE_STRP, Form.SEC_OFFSET -> header.skip(offsetBytes);
            case Form.STRING -> header.skipText();
            case Form.BLOCK -> header.skip(header.uleb());
            case Form.BLOCK1 -> header.skip(header.u8());
            case Form.BLOCK2 -> header.skip(header.u16());
            case Form.BLOCK4 -> header.skip(header.u32());
            default -> throw new DwarfException("the unknown form " + Long.toUnsignedString(form));
        }
        return 0;
    }

    /** Up to version 4, where directory 0 is the one of compilation, which the section does not name. */
    private void oldEntries(DwarfInput header) throws DwarfException {
        directories.add(names.inStrings(-1));
        for (Name name = inlineName(header); !isEmpty(name); name = inlineName(header)) {
            directories.add(name);
        }
        files.add(new File(names.inStrings(-1), 0));
        for (Name name = inlineName(header); !isEmpty(name); name = inlineName(header)) {
            files.add(oldFile(header, name));
        }
    }

    private static File oldFile(DwarfInput input, Name name) throws DwarfException {
        File result = new File(name, input.uleb());
        input.uleb(); // time of the last change
        input.uleb(); // size
        return result;
    }

    private static boolean isEmpty(Name name) {
        return name.section()[(int) name.offset()] == 0;
    }

    /** The state at the start of a sequence. */
    private void begin() {
        rows.clear();
        usable = true;
        address = 0;
        file = 1;
        line = 1;
    }

    private void step() throws DwarfException {
        int opcode = unit.u8();
        if (opcode >= opcodeBase) {
            int special = opcode - opcodeBase;
            advance(special / lineRange);
            line += lineBase + special % lineRange;
            row();
            return;
        }
        switch (opcode) {
            case 0 -> extended();
            case COPY -> row();
            case ADVANCE_PC -> advance(unit.uleb());
            case ADVANCE_LINE -> line += unit.sleb();
            case SET_FILE -> file = unit.uleb();
            case SET_COLUMN, SET_ISA -> unit.uleb();
            case NEGATE_STATEMENT, SET_BASIC_BLOCK, SET_PROLOGUE_END, SET_EPILOGUE_BEGIN -> {}
            case CONST_ADD_PC -> advance((255 - opcodeBase) / lineRange);
            case FIXED_ADVANCE_PC -> moveTo(address + unit.u16());
            default -> {
                for (int i = operandCounts[opcode]; i > 0; i--) {
                    unit.uleb();
                }
            }
        }
    }

    private void extended() throws DwarfException {
        DwarfInput instruction = unit.split(unit.uleb());
        if (instruction.remaining() == 0) {
            throw new DwarfException("byte " + instruction.position() + ": an extended opcode of no bytes");
        }
        switch (instruction.u8()) {
            case END_SEQUENCE -> {
                end();
                begin();
            }
            case SET_ADDRESS -> setAddress(instruction);
            case DEFINE_FILE -> {
                files.add(oldFile(instruction, inlineName(instruction)));
                fileIndexes = grown(fileIndexes, files.size());
                fileIndexes[files.size() - 1] = FILE_UNREAD;
            }
            default -> {}
        }
    }

    private static int[] grown(int[] array, int size) {
        return size <= array.length ? array : Arrays.copyOf(array, size * 2);
    }

    private void setAddress(DwarfInput instruction) throws DwarfException {
        int size = version >= 5 ? addressBytes : instruction.remaining();
        if (size != 4 && size != 8) {
            throw new DwarfException("an address of " + size + " bytes, expected 4 or 8");
        }
        long target = instruction.unsigned(size);
        // Of a function that the linker left out, the address is 0 or as large as can be.
        usable &= target != 0 || !rows.isEmpty();
        moveTo(target);
    }

    private void advance(long instructions) {
        if (Long.compareUnsigned(instructions, Integer.MAX_VALUE) > 0) {
            usable = false;
        } else {
            moveTo(address + instructions * instructionBytes);
        }
    }

    private void moveTo(long target) {
        // Backwards only if no row follows that would break the order, which is looked at there.
        usable &= target >= 0 && target < Integer.MAX_VALUE;
        address = usable ? target : 0;
    }

    private void row() {
        if (!usable) {
            return;
        }
        if (!rows.isEmpty() && address < rows.lastOffset()) {
            usable = false;
            return;
        }
        int index = line > 0 && line <= Integer.MAX_VALUE ? fileIndex() : Rows.NO_FILE;
        rows.add((int) address, index, index < 0 ? 0 : (int) line);
    }

    private void end() throws DwarfException {
        if (usable && !rows.isEmpty() && address > rows.lastOffset()) {
            rows.add((int) address, Rows.END, 0);
            sink.sequence(rows);
        }
    }

    private int fileIndex() {
        if (file < 0 || file >= files.size()) {
            return Rows.NO_FILE;
        }
        int number = (int) file;
        if (fileIndexes[number] == FILE_UNREAD) {
            fileIndexes[number] = names.index(path(files.get(number)));
        }
        return fileIndexes[number];
    }

    private List<Name> path(File found) {
        List<Name> parts = new ArrayList<>();
        if (!directories.isEmpty()) {
            parts.add(directories.get(0));
        }
        if (found.directory > 0 && found.directory < directories.size()) {
            parts.add(directories.get((int) found.directory));
        }
        parts.add(found.name);
        return parts;
    }

    /** How a value is written down. */
    private static final class Form {
        static final int BLOCK2 = 0x03;
        static final int BLOCK4 = 0x04;
        static final int DATA2 = 0x05;
        static final int DATA4 = 0x06;
        static final int DATA8 = 0x07;
        static final int STRING = 0x08;
        static final int BLOCK = 0x09;
        static final int BLOCK1 = 0x0A;
        static final int DATA1 = 0x0B;
        static final int SDATA = 0x0D;
        static final int STRP = 0x0E;
        static final int UDATA = 0x0F;
        static final int SEC_OFFSET = 0x17;
        static final int STRX = 0x1A;
        static final int DATA16 = 0x1E;
        static final int LINE_STRP = 0x1F;
        static final int STRX1 = 0x25;
        static final int STRX2 = 0x26;
        static final int STRX3 = 0x27;
        static final int STRX4 = 0x28;

        private Form() {}
    }
}
