package dev.tapedeck.vm.wasm.text;

import dev.tapedeck.vm.isa.Code;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.wasm.WasmException;
import dev.tapedeck.vm.wasm.text.Lexer.Kind;
import dev.tapedeck.vm.wasm.text.TypeTable.Use;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Instructions, plain and folded, to code. What is open is kept in a list and not on Java's stack, so that the text can be
 * nested as deep as it is long.
 */
final class Expressions {
    private static final int BLOCK = 0x02;
    private static final int LOOP = 0x03;
    private static final int IF = 0x04;
    private static final int ELSE = 0x05;
    private static final int END = 0x0B;
    private static final int SELECT_TYPED = 0x1C;
    private static final int PREFIX = 0xFC;
    private static final int PREFIXED = 0x100;
    private static final int NO_RESULT = 0x40;
    private static final int FUNC = 0x70;
    private static final int EXTERN = 0x6F;

    /** What is open. */
    private enum Frame {
        /** {@code block} or {@code loop}, up to its {@code end}. */
        BLOCK,
        /** {@code if}, up to {@code else} or {@code end}. */
        IF,
        /** {@code else}, up to its {@code end}. */
        ELSE,
        /** {@code (block} or {@code (loop}, up to its parenthesis. */
        FOLDED_BLOCK,
        /** {@code (i32.add} and so on: the operands. */
        FOLDED_INSTRUCTION,
        /** {@code (if}: the condition. */
        FOLDED_CONDITION,
        /** {@code (if (then}: the first branch. */
        FOLDED_THEN,
        /** {@code (if (then ...)}: behind it. */
        FOLDED_BEHIND_THEN,
        /** {@code (if (then ...) (else}: the second branch. */
        FOLDED_ELSE,
        /** {@code (if (then ...) (else ...)}: behind it. */
        FOLDED_BEHIND_ELSE
    }

    private final Tokens tokens;
    private final Spaces spaces;
    private final TypeTable types;

    private final List<Frame> frames = new ArrayList<>();
    /** For each frame where in {@link #waiting} its instruction begins, which stands behind its operands in the code. */
    private int[] waitingFrom = new int[16];
    /** For each frame where its instruction stands in the text. */
    private int[] places = new int[16];

    private final List<@Nullable String> conditionLabels = new ArrayList<>();
    private final WasmOutput waiting = new WasmOutput();
    private Labels labels = new Labels();
    private IndexSpace locals = new IndexSpace("local");
    private WasmOutput out = new WasmOutput();
    private @Nullable LineRows lines;
    private boolean usesData;

    Expressions(Tokens tokens, Spaces spaces, TypeTable types) {
        this.tokens = tokens;
        this.spaces = spaces;
        this.types = types;
    }

    /** Whether any instruction so far has named a data segment. */
    boolean usesData() {
        return usesData;
    }

    /** The instructions of a function, up to the parenthesis that closes it; with their end. */
    void body(IndexSpace functionLocals, WasmOutput body, LineRows rows) throws WatException {
        locals = functionLocals;
        lines = rows;
        expression(body, false);
    }

    /**
     * A constant expression, with its end.
     *
     * @param single whether it is one folded instruction, and not all up to the next parenthesis
     */
    void constant(WasmOutput body, boolean single) throws WatException {
        locals = new IndexSpace("local");
        lines = null;
        expression(body, single);
    }

    private void expression(WasmOutput body, boolean single) throws WatException {
        out = body;
        labels = new Labels();
        labels.push(null);
        do {
            switch (tokens.kind()) {
                case OPEN -> open();
                case WORD -> {
                    if (single && frames.isEmpty()) {
                        throw tokens.unexpected("an instruction in parentheses");
                    }
                    plain();
                }
                case CLOSE -> {
                    if (frames.isEmpty()) {
                        end();
                        return;
                    }
                    close();
                }
                case STRING, RESERVED, END -> throw tokens.unexpected(expected());
            }
        } while (!single || !frames.isEmpty());
        end();
    }

    private void end() {
        mark(tokens.at());
        out.u8(END);
    }

    /** The code that follows comes from there. */
    private void mark(int place) {
        if (lines != null) {
            lines.add(out.size(), tokens.source.line(place));
        }
    }

    private @Nullable Frame frame() {
        return frames.isEmpty() ? null : frames.get(frames.size() - 1);
    }

    private void push(Frame frame, int place, int from) {
        int depth = frames.size();
        if (depth == places.length) {
            places = Arrays.copyOf(places, depth * 2);
            waitingFrom = Arrays.copyOf(waitingFrom, depth * 2);
        }
        places[depth] = place;
        waitingFrom[depth] = from;
        frames.add(frame);
    }

    private void replace(Frame frame) {
        frames.set(frames.size() - 1, frame);
    }

    private void pop() {
        frames.remove(frames.size() - 1);
    }

    /** What can stand where nothing fits. */
    private String expected() {
        Frame frame = frame();
        if (frame == null) {
            return "an instruction or ')'";
        }
        return switch (frame) {
            case BLOCK, ELSE -> "an instruction or 'end'";
            case IF -> "an instruction, 'else' or 'end'";
            case FOLDED_BLOCK, FOLDED_THEN, FOLDED_ELSE -> "an instruction or ')'";
            case FOLDED_INSTRUCTION -> "an instruction in parentheses or ')'";
            case FOLDED_CONDITION -> "the condition in parentheses or '(then'";
            case FOLDED_BEHIND_THEN -> "'(else' or ')'";
            case FOLDED_BEHIND_ELSE -> "')'";
        };
    }

    private void open() throws WatException {
        Frame frame = frame();
        if (frame == Frame.FOLDED_BEHIND_ELSE || (frame == Frame.FOLDED_BEHIND_THEN && !tokens.isOpen("else"))) {
            throw tokens.unexpected(expected());
        }
        if (frame == Frame.FOLDED_BEHIND_THEN) {
            mark(tokens.at());
            tokens.takeOpen("else");
            out.u8(ELSE);
            replace(Frame.FOLDED_ELSE);
            return;
        }
        if (frame == Frame.FOLDED_CONDITION && tokens.takeOpen("then")) {
            int depth = frames.size() - 1;
            mark(places[depth]);
            out.appendFrom(waiting, waitingFrom[depth]);
            waiting.truncate(waitingFrom[depth]);
            labels.push(conditionLabels.remove(conditionLabels.size() - 1));
            replace(Frame.FOLDED_THEN);
            return;
        }
        folded();
    }

    private void folded() throws WatException {
        int opening = tokens.at();
        tokens.advance();
        int place = tokens.at();
        int from = waiting.size();
        if (tokens.isWord("block") || tokens.isWord("loop")) {
            block(tokens.isWord("loop") ? LOOP : BLOCK);
            push(Frame.FOLDED_BLOCK, place, from);
        } else if (tokens.takeWord("if")) {
            conditionLabels.add(tokens.takeIdentifier());
            waiting.u8(IF);
            blockType(waiting);
            push(Frame.FOLDED_CONDITION, place, from);
        } else if (tokens.is(Kind.WORD) && Vocabulary.instruction(tokens.word()).isPresent()) {
            instruction(waiting);
            push(Frame.FOLDED_INSTRUCTION, place, from);
        } else {
            throw noInstruction(opening);
        }
    }

    /** The token stands behind a parenthesis that should begin an instruction. */
    private WatException noInstruction(int opening) throws WatException {
        if (tokens.is(Kind.WORD)) {
            refuseUnsupported(tokens.word());
            if (Vocabulary.knows(tokens.word())) {
                tokens.moveTo(opening);
            }
        }
        return tokens.unexpected(expected());
    }

    private void refuseUnsupported(String word) throws WatException {
        String feature = Vocabulary.featureOfInstruction(word);
        if (!feature.isEmpty()) {
            throw tokens.unsupported(feature + " (instruction " + word + ")");
        }
    }

    private void close() throws WatException {
        Frame frame = frame();
        int depth = frames.size() - 1;
        if (frame == Frame.FOLDED_INSTRUCTION) {
            mark(places[depth]);
            out.appendFrom(waiting, waitingFrom[depth]);
            waiting.truncate(waitingFrom[depth]);
            pop();
        } else if (frame == Frame.FOLDED_THEN) {
            replace(Frame.FOLDED_BEHIND_THEN);
        } else if (frame == Frame.FOLDED_ELSE) {
            replace(Frame.FOLDED_BEHIND_ELSE);
        } else if (frame == Frame.FOLDED_BLOCK
                || frame == Frame.FOLDED_BEHIND_THEN
                || frame == Frame.FOLDED_BEHIND_ELSE) {
            endBlock();
        } else {
            throw tokens.unexpected(expected() + openSince(depth));
        }
        tokens.advance();
    }

    private String openSince(int depth) {
        return ", for what begins in line " + tokens.source.line(places[depth]);
    }

    private void endBlock() {
        end();
        labels.pop();
        pop();
    }

    /** An instruction without parentheses. */
    private void plain() throws WatException {
        Frame frame = frame();
        boolean fits = frame == null
                || switch (frame) {
                    case BLOCK, IF, ELSE, FOLDED_BLOCK, FOLDED_THEN, FOLDED_ELSE -> true;
                    case FOLDED_INSTRUCTION, FOLDED_CONDITION, FOLDED_BEHIND_THEN, FOLDED_BEHIND_ELSE -> false;
                };
        if (!fits) {
            throw tokens.unexpected(expected());
        }
        int place = tokens.at();
        if (tokens.isWord("block") || tokens.isWord("loop")) {
            block(tokens.isWord("loop") ? LOOP : BLOCK);
            push(Frame.BLOCK, place, 0);
        } else if (tokens.takeWord("if")) {
            String label = tokens.takeIdentifier();
            mark(place);
            out.u8(IF);
            blockType(out);
            labels.push(label);
            push(Frame.IF, place, 0);
        } else if (tokens.isWord("else") && frame == Frame.IF) {
            mark(place);
            tokens.advance();
            sameLabel();
            out.u8(ELSE);
            replace(Frame.ELSE);
        } else if (tokens.isWord("end") && (frame == Frame.BLOCK || frame == Frame.IF || frame == Frame.ELSE)) {
            mark(place);
            tokens.advance();
            sameLabel();
            out.u8(END);
            labels.pop();
            pop();
        } else {
            mark(place);
            instruction(out);
        }
    }

    /** Behind {@code else} and {@code end} the label of the block may be repeated. */
    private void sameLabel() throws WatException {
        int at = tokens.at();
        String repeated = tokens.takeIdentifier();
        if (repeated != null && !repeated.equals(labels.innermost())) {
            String label = labels.innermost();
            throw tokens.source.malformed(
                    at,
                    "mismatching label '$" + repeated + "': the block "
                            + (label == null ? "has none" : "is called $" + label));
        }
    }

    private void block(int code) throws WatException {
        mark(tokens.at());
        tokens.advance();
        String label = tokens.takeIdentifier();
        out.u8(code);
        blockType(out);
        labels.push(label);
    }

    private void blockType(WasmOutput to) throws WatException {
        Use use = types.blockUse();
        FunctionType type = use.type();
        if (use.index() >= 0 || type == null) {
            to.signed(use.index());
        } else {
            to.u8(type.results().isEmpty() ? NO_RESULT : type.results().get(0).code());
        }
    }

    /** The instruction at hand with its immediate operands. */
    private void instruction(WasmOutput to) throws WatException {
        String word = tokens.word();
        Optional<Opcode> found = Vocabulary.instruction(word);
        if (found.isEmpty()) {
            refuseUnsupported(word);
            throw tokens.unexpected(expected());
        }
        Opcode opcode = found.get();
        int code = opcode.code();
        tokens.advance();
        if (code == Code.SELECT) {
            select(to);
            return;
        }
        if (code >= PREFIXED) {
            to.u8(PREFIX);
            to.u32(code - PREFIXED);
        } else {
            to.u8(code);
        }
        switch (opcode) {
            case BR, BR_IF -> to.u32(label());
            case BR_TABLE -> branchTable(to);
            case CALL, REF_FUNC -> to.u32(tokens.index(spaces.functions));
            case CALL_INDIRECT -> {
                long table = tokens.optionalIndex(spaces.tables);
                to.u32(types.use(null, false).index());
                to.u32(table);
            }
            case LOCAL_GET, LOCAL_SET, LOCAL_TEE -> to.u32(tokens.index(locals));
            case GLOBAL_GET, GLOBAL_SET -> to.u32(tokens.index(spaces.globals));
            case TABLE_GET, TABLE_SET, TABLE_SIZE, TABLE_GROW, TABLE_FILL ->
                to.u32(tokens.optionalIndex(spaces.tables));
            case TABLE_COPY -> copy(to, spaces.tables);
            case TABLE_INIT -> init(to, spaces.elements, spaces.tables);
            case ELEM_DROP -> to.u32(tokens.index(spaces.elements));
            case MEMORY_SIZE, MEMORY_GROW, MEMORY_FILL -> to.u32(tokens.optionalIndex(spaces.memories));
            case MEMORY_COPY -> copy(to, spaces.memories);
            case MEMORY_INIT -> {
                usesData = true;
                init(to, spaces.data, spaces.memories);
            }
            case DATA_DROP -> {
                usesData = true;
                to.u32(tokens.index(spaces.data));
            }
            case REF_NULL -> to.u8(heapType());
            case I32_CONST, I64_CONST -> to.signed(integer(code == Code.I32_CONST ? Integer.SIZE : Long.SIZE));
            case F32_CONST -> f32(to);
            case F64_CONST -> f64(to);
            default -> {
                if (code >= Code.I32_LOAD && code <= Code.I64_STORE32) {
                    memoryOperand(word, to);
                }
            }
        }
    }

    private void select(WasmOutput to) throws WatException {
        if (!tokens.isOpen("result")) {
            to.u8(Code.SELECT);
            return;
        }
        List<ValueType> results = new ArrayList<>();
        while (tokens.takeOpen("result")) {
            types.variables(results, null, false);
        }
        to.u8(SELECT_TYPED);
        TypeTable.valueTypes(to, results);
    }

    private long label() throws WatException {
        if (!tokens.isIdentifier()) {
            return tokens.u32("a label: its $name, or the number of blocks between");
        }
        int depth = labels.find(tokens.word().substring(1));
        if (depth < 0) {
            throw tokens.source.malformed(tokens.at(), "unknown label '" + tokens.word() + "'");
        }
        tokens.advance();
        return depth;
    }

    private void branchTable(WasmOutput to) throws WatException {
        WasmOutput targets = new WasmOutput();
        int count = -1;
        do {
            targets.u32(label());
            count++;
        } while (tokens.isIndex());
        to.u32(count);
        to.append(targets);
    }

    /** Destination and source: both or none. */
    private void copy(WasmOutput to, IndexSpace space) throws WatException {
        boolean given = tokens.isIndex();
        to.u32(given ? tokens.index(space) : 0);
        to.u32(given ? tokens.index(space) : 0);
    }

    /** A segment, before which may stand where it goes; in the code it is the other way around. */
    private void init(WasmOutput to, IndexSpace segments, IndexSpace destinations) throws WatException {
        int first = tokens.at();
        if (!tokens.isIndex()) {
            throw tokens.unexpected("a " + segments.what + ": its number or $name");
        }
        tokens.advance();
        boolean both = tokens.isIndex();
        tokens.moveTo(first);
        long destination = both ? tokens.index(destinations) : 0;
        to.u32(tokens.index(segments));
        to.u32(destination);
    }

    private int heapType() throws WatException {
        int type = tokens.isWord("func") ? FUNC : EXTERN;
        if (!tokens.isWord("func") && !tokens.isWord("extern")) {
            throw tokens.unexpected("func or extern");
        }
        tokens.advance();
        return type;
    }

    private String number(boolean whole) throws WatException {
        Literals.Form form = tokens.is(Kind.WORD) ? Literals.form(tokens.word()) : Literals.Form.NONE;
        if (form == Literals.Form.NONE || (whole && form == Literals.Form.FLOAT)) {
            throw tokens.unexpected(whole ? "a whole number" : "a number");
        }
        return tokens.word();
    }

    private WatException outOfRange(String type) {
        return tokens.source.malformed(
                tokens.at(),
                "constant out of range: "
                        + tokens.source.quoted(
                                tokens.at(), tokens.at() + tokens.word().length()) + " does not fit " + type);
    }

    private long integer(int bits) throws WatException {
        OptionalLong value = Literals.integer(number(true), bits);
        if (value.isEmpty()) {
            throw outOfRange("i" + bits);
        }
        tokens.advance();
        return value.getAsLong();
    }

    private void f32(WasmOutput to) throws WatException {
        OptionalInt bits = Literals.f32(number(false));
        if (bits.isEmpty()) {
            throw outOfRange("f32");
        }
        tokens.advance();
        to.fixed(bits.getAsInt(), Float.BYTES);
    }

    private void f64(WasmOutput to) throws WatException {
        OptionalLong bits = Literals.f64(number(false));
        if (bits.isEmpty()) {
            throw outOfRange("f64");
        }
        tokens.advance();
        to.fixed(bits.getAsLong(), Double.BYTES);
    }

    private void memoryOperand(String word, WasmOutput to) throws WatException {
        if (tokens.isIndex()) {
            int at = tokens.at();
            if (tokens.index(spaces.memories) != 0) {
                throw tokens.source.error(WasmException.Kind.UNSUPPORTED, at, "several memories (multi-memory)");
            }
        }
        long offset = tokens.takeAssigned("offset=");
        int at = tokens.at();
        long alignment = tokens.takeAssigned("align=");
        if (alignment >= 0 && Long.bitCount(alignment) != 1) {
            throw tokens.source.malformed(at, "alignment must be a power of two");
        }
        to.u32(alignment < 0 ? naturalAlignment(word) : Long.numberOfTrailingZeros(alignment));
        to.u32(Math.max(0, offset));
    }

    /** As a power of two: {@code i64.load32_u} is of 4 bytes. */
    private static int naturalAlignment(String word) {
        String access = word.substring(word.indexOf('.') + 1).toLowerCase(Locale.ROOT);
        String bits = access.replaceAll("[^0-9]", "");
        int width = Integer.parseInt(bits.isEmpty() ? word.substring(1, 3) : bits);
        return Integer.numberOfTrailingZeros(width / Byte.SIZE);
    }
}
