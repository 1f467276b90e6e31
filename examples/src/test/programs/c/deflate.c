/*
 * gzip files: compresses (RFC 1951 in RFC 1952's wrapping) and expands.
 *
 *   deflate         compresses standard input to standard output
 *   deflate -d      expands it
 *   deflate -t      compresses it, expands that, compares, and prints the sizes
 *   deflate -t N    the same with N bytes of text that it makes up
 *
 * Repetitions are found with chains of positions that have the same hash of three bytes, and a match waits for one byte
 * to see whether the next one is longer. Each block is written in the form that is the shortest: stored, with the fixed
 * codes, or with codes of its own.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 32768,
    HASH_BITS = 15,
    MATCH_MIN = 3,
    MATCH_MAX = 258,
    CHAIN_MAX = 128,
    GOOD_ENOUGH = 64, /* a match that is worth no further search */
    BLOCK_SYMBOLS = 32768,
    STORED_MAX = 65535,
    LITERALS = 288,
    DISTANCES = 30,
    LENGTH_CODES = 19,
    END_OF_BLOCK = 256,
    CODE_BITS = 15,
    LENGTH_CODE_BITS = 7
};

typedef struct {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
} Buffer;

static _Noreturn void fail(const char *message) {
    fflush(stdout);
    fprintf(stderr, "deflate: %s\n", message);
    exit(1);
}

static void append(Buffer *buffer, const void *bytes, size_t length) {
    if (buffer->capacity - buffer->length < length) {
        size_t capacity = (buffer->length + length) * 2 + 1024;
        buffer->bytes = realloc(buffer->bytes, capacity);
        if (buffer->bytes == NULL) {
            fail("out of memory");
        }
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

static void append_byte(Buffer *buffer, int byte) {
    uint8_t value = (uint8_t) byte;
    append(buffer, &value, 1);
}

static void append_u32(Buffer *buffer, uint32_t value) {
    for (int i = 0; i < 4; i++) {
        append_byte(buffer, (int) (value >> 8 * i & 0xFF));
    }
}

static uint32_t crc32(const uint8_t *bytes, size_t length) {
    static uint32_t table[256];
    if (table[1] == 0) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++) {
                value = (value & 1) != 0 ? value >> 1 ^ 0xEDB88320 : value >> 1;
            }
            table[i] = value;
        }
    }
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < length; i++) {
        crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xFF];
    }
    return ~crc;
}

/* ---- What both directions share: the codes of lengths and distances ---- */

static const uint16_t LENGTH_BASE[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                         31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t LENGTH_EXTRA[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                         2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t DISTANCE_BASE[DISTANCES] = {1,   2,   3,   4,   5,   7,    9,    13,   17,   25,
                                                  33,  49,  65,  97,  129, 193,  257,  385,  513,  769,
                                                  1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const uint8_t DISTANCE_EXTRA[DISTANCES] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                                  6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
/* The order in which the lengths of the codes for code lengths are written. */
static const uint8_t LENGTH_ORDER[LENGTH_CODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

static void fixed_lengths(uint8_t *literals, uint8_t *distances) {
    memset(literals, 8, 144);
    memset(literals + 144, 9, 112);
    memset(literals + 256, 7, 24);
    memset(literals + 280, 8, 8);
    memset(distances, 5, DISTANCES);
}

/* ---- Huffman codes for writing ---- */

typedef struct {
    int size;
    uint8_t lengths[LITERALS];
    uint16_t codes[LITERALS]; /* with the bits in the order of writing */
} Code;

typedef struct {
    uint32_t count;
    uint16_t symbol;
} Weight;

static int compare_weights(const void *a, const void *b) {
    const Weight *left = a;
    const Weight *right = b;
    if (left->count != right->count) {
        return left->count < right->count ? -1 : 1;
    }
    return left->symbol - right->symbol;
}

/*
 * How deep the leaves of a Huffman tree lie: of weights in ascending order, how many leaves there are of each depth.
 * Leaves and inner nodes are two queues, both in ascending order.
 */
static void count_depths(const Weight *weights, int count, int *depths, int depth_max) {
    static uint32_t sums[LITERALS];
    static int parents[2 * LITERALS];
    static int depth[2 * LITERALS];
    int leaf = 0;
    int inner = 0;
    for (int made = 0; made < count - 1; made++) {
        sums[made] = 0;
        for (int child = 0; child < 2; child++) {
            if (leaf < count && (inner >= made || weights[leaf].count <= sums[inner])) {
                sums[made] += weights[leaf].count;
                parents[leaf++] = count + made;
            } else {
                sums[made] += sums[inner];
                parents[count + inner++] = count + made;
            }
        }
    }
    int root = 2 * count - 2;
    depth[root] = 0;
    memset(depths, 0, (size_t) (depth_max + 1) * sizeof *depths);
    for (int node = root - 1; node >= 0; node--) {
        depth[node] = depth[parents[node]] + 1;
        if (node < count) {
            depths[depth[node] < depth_max ? depth[node] : depth_max]++;
        }
    }
}

/* Where leaves were cut off at the greatest depth, the tree has too many: others are moved down until it is complete. */
static void complete(int *depths, int depth_max) {
    uint32_t used = 0;
    for (int depth = 1; depth <= depth_max; depth++) {
        used += (uint32_t) depths[depth] << (depth_max - depth);
    }
    for (; used > 1u << depth_max; used--) {
        int depth = depth_max - 1;
        while (depths[depth] == 0) {
            depth--;
        }
        depths[depth_max]--;
        depths[depth]--;
        depths[depth + 1] += 2;
    }
}

/* Codes of equal length are consecutive numbers, in the order of their symbols. */
static void assign_codes(Code *code) {
    uint16_t counts[CODE_BITS + 1] = {0};
    uint16_t next[CODE_BITS + 2] = {0};
    for (int i = 0; i < code->size; i++) {
        counts[code->lengths[i]]++;
    }
    counts[0] = 0;
    for (int bits = 1; bits <= CODE_BITS; bits++) {
        next[bits + 1] = (uint16_t) ((next[bits] + counts[bits]) << 1);
    }
    for (int i = 0; i < code->size; i++) {
        uint16_t value = next[code->lengths[i]]++;
        uint16_t reversed = 0;
        for (int bit = 0; bit < code->lengths[i]; bit++) {
            reversed = (uint16_t) (reversed << 1 | (value >> bit & 1));
        }
        code->codes[i] = reversed;
    }
}

static void make_code(Code *code, const uint32_t *counts, int size, int bits_max) {
    Weight weights[LITERALS];
    int used = 0;
    code->size = size;
    memset(code->lengths, 0, sizeof code->lengths);
    for (int i = 0; i < size; i++) {
        if (counts[i] > 0) {
            weights[used++] = (Weight){counts[i], (uint16_t) i};
        }
    }
    if (used == 1) {
        code->lengths[weights[0].symbol] = 1;
    } else if (used > 1) {
        int depths[CODE_BITS + 1];
        qsort(weights, (size_t) used, sizeof weights[0], compare_weights);
        count_depths(weights, used, depths, bits_max);
        complete(depths, bits_max);
        int next = 0;
        for (int bits = bits_max; bits > 0; bits--) {
            for (int i = depths[bits]; i > 0; i--) {
                code->lengths[weights[next++].symbol] = (uint8_t) bits;
            }
        }
    }
    assign_codes(code);
}

/* ---- Writing ---- */

typedef struct {
    Buffer *out;
    uint32_t bits;
    int count;
} BitWriter;

static void write_bits(BitWriter *writer, uint32_t value, int count) {
    writer->bits |= value << writer->count;
    writer->count += count;
    while (writer->count >= 8) {
        append_byte(writer->out, (int) (writer->bits & 0xFF));
        writer->bits >>= 8;
        writer->count -= 8;
    }
}

static void align(BitWriter *writer) {
    if (writer->count > 0) {
        write_bits(writer, 0, 8 - writer->count);
    }
}

/* A literal has the distance 0, and its byte as its length. */
typedef struct {
    uint16_t length;
    uint16_t distance;
} Symbol;

static int length_code(int length) {
    int code = 28;
    while (LENGTH_BASE[code] > length) {
        code--;
    }
    return code;
}

static int distance_code(int distance) {
    int code = DISTANCES - 1;
    while (DISTANCE_BASE[code] > distance) {
        code--;
    }
    return code;
}

typedef struct {
    Symbol symbols[BLOCK_SYMBOLS];
    int count;
    uint32_t literal_counts[LITERALS];
    uint32_t distance_counts[DISTANCES];
    uint32_t extra_bits;
} Block;

static void add_symbol(Block *block, int length, int distance) {
    block->symbols[block->count++] = (Symbol){(uint16_t) length, (uint16_t) distance};
    if (distance == 0) {
        block->literal_counts[length]++;
    } else {
        int code = length_code(length);
        block->literal_counts[257 + code]++;
        block->extra_bits += LENGTH_EXTRA[code];
        code = distance_code(distance);
        block->distance_counts[code]++;
        block->extra_bits += DISTANCE_EXTRA[code];
    }
}

static uint32_t code_cost(const uint32_t *counts, const uint8_t *lengths, int size) {
    uint32_t bits = 0;
    for (int i = 0; i < size; i++) {
        bits += counts[i] * lengths[i];
    }
    return bits;
}

/* The lengths of both codes, with repetitions: 16 repeats the last one, 17 and 18 are zeros. */
typedef struct {
    uint8_t codes[LITERALS + DISTANCES];
    uint8_t repeats[LITERALS + DISTANCES];
    int count;
    int literals;
    int distances;
    uint32_t counts[LENGTH_CODES];
    Code code;
    int order_count;
    uint32_t bits;
} Header;

static void add_length(Header *header, int code, int repeat) {
    header->codes[header->count] = (uint8_t) code;
    header->repeats[header->count++] = (uint8_t) repeat;
    header->counts[code]++;
}

static void make_header(Header *header, const Code *literals, const Code *distances) {
    uint8_t lengths[LITERALS + DISTANCES];
    memset(header, 0, sizeof *header);
    header->literals = 286;
    while (header->literals > 257 && literals->lengths[header->literals - 1] == 0) {
        header->literals--;
    }
    header->distances = DISTANCES;
    while (header->distances > 1 && distances->lengths[header->distances - 1] == 0) {
        header->distances--;
    }
    int total = header->literals + header->distances;
    memcpy(lengths, literals->lengths, (size_t) header->literals);
    memcpy(lengths + header->literals, distances->lengths, (size_t) header->distances);
    for (int i = 0; i < total;) {
        int run = 1;
        while (i + run < total && lengths[i + run] == lengths[i]) {
            run++;
        }
        i += run;
        int length = lengths[i - 1];
        if (length != 0) {
            add_length(header, length, 0);
            run--;
        }
        while (run >= 3) {
            int most = length != 0 ? 6 : 138;
            int part = run < most ? run : most;
            add_length(header, length != 0 ? 16 : part <= 10 ? 17 : 18, part);
            run -= part;
        }
        while (run-- > 0) {
            add_length(header, length, 0);
        }
    }
    make_code(&header->code, header->counts, LENGTH_CODES, LENGTH_CODE_BITS);
    header->order_count = LENGTH_CODES;
    while (header->order_count > 4 && header->code.lengths[LENGTH_ORDER[header->order_count - 1]] == 0) {
        header->order_count--;
    }
    header->bits = 14 + 3 * (uint32_t) header->order_count
            + code_cost(header->counts, header->code.lengths, LENGTH_CODES)
            + 2 * header->counts[16] + 3 * header->counts[17] + 7 * header->counts[18];
}

static void write_header(BitWriter *writer, const Header *header) {
    write_bits(writer, (uint32_t) (header->literals - 257), 5);
    write_bits(writer, (uint32_t) (header->distances - 1), 5);
    write_bits(writer, (uint32_t) (header->order_count - 4), 4);
    for (int i = 0; i < header->order_count; i++) {
        write_bits(writer, header->code.lengths[LENGTH_ORDER[i]], 3);
    }
    for (int i = 0; i < header->count; i++) {
        int code = header->codes[i];
        int repeat = header->repeats[i];
        write_bits(writer, header->code.codes[code], header->code.lengths[code]);
        if (code == 16) {
            write_bits(writer, (uint32_t) (repeat - 3), 2);
        } else if (code == 17) {
            write_bits(writer, (uint32_t) (repeat - 3), 3);
        } else if (code == 18) {
            write_bits(writer, (uint32_t) (repeat - 11), 7);
        }
    }
}

static void write_symbols(BitWriter *writer, const Block *block, const Code *literals, const Code *distances) {
    for (int i = 0; i < block->count; i++) {
        Symbol symbol = block->symbols[i];
        if (symbol.distance == 0) {
            write_bits(writer, literals->codes[symbol.length], literals->lengths[symbol.length]);
            continue;
        }
        int code = length_code(symbol.length);
        write_bits(writer, literals->codes[257 + code], literals->lengths[257 + code]);
        write_bits(writer, (uint32_t) (symbol.length - LENGTH_BASE[code]), LENGTH_EXTRA[code]);
        code = distance_code(symbol.distance);
        write_bits(writer, distances->codes[code], distances->lengths[code]);
        write_bits(writer, (uint32_t) (symbol.distance - DISTANCE_BASE[code]), DISTANCE_EXTRA[code]);
    }
    write_bits(writer, literals->codes[END_OF_BLOCK], literals->lengths[END_OF_BLOCK]);
}

static void write_stored(BitWriter *writer, const uint8_t *bytes, size_t length, bool last) {
    do {
        size_t part = length < STORED_MAX ? length : STORED_MAX;
        length -= part;
        write_bits(writer, last && length == 0, 1);
        write_bits(writer, 0, 2);
        align(writer);
        write_bits(writer, (uint32_t) part, 16);
        write_bits(writer, (uint32_t) part ^ 0xFFFF, 16);
        append(writer->out, bytes, part);
        bytes += part;
    } while (length > 0);
}

/* Writes a block, whose bytes are `bytes`, and empties it. */
static void write_block(BitWriter *writer, Block *block, const uint8_t *bytes, size_t length, bool last) {
    static Code literals;
    static Code distances;
    static Code fixed_literals = {.size = LITERALS};
    static Code fixed_distances = {.size = DISTANCES};
    static Header header;
    block->literal_counts[END_OF_BLOCK] = 1;
    make_code(&literals, block->literal_counts, LITERALS, CODE_BITS);
    make_code(&distances, block->distance_counts, DISTANCES, CODE_BITS);
    make_header(&header, &literals, &distances);
    fixed_lengths(fixed_literals.lengths, fixed_distances.lengths);
    assign_codes(&fixed_literals);
    assign_codes(&fixed_distances);
    uint32_t own = header.bits + code_cost(block->literal_counts, literals.lengths, LITERALS)
            + code_cost(block->distance_counts, distances.lengths, DISTANCES);
    uint32_t fixed = code_cost(block->literal_counts, fixed_literals.lengths, LITERALS)
            + code_cost(block->distance_counts, fixed_distances.lengths, DISTANCES);
    uint32_t best = (own < fixed ? own : fixed) + block->extra_bits;
    if ((length + 5) * 8 < best) {
        write_stored(writer, bytes, length, last);
    } else {
        write_bits(writer, last, 1);
        write_bits(writer, own < fixed ? 2 : 1, 2);
        if (own < fixed) {
            write_header(writer, &header);
            write_symbols(writer, block, &literals, &distances);
        } else {
            write_symbols(writer, block, &fixed_literals, &fixed_distances);
        }
    }
    memset(block, 0, sizeof *block);
}

/* ---- Finding repetitions ---- */

static int32_t newest[1 << HASH_BITS]; /* for each hash the position it was met at last, or -1 */
static int32_t older[WINDOW]; /* for each position the one before it with the same hash */

static uint32_t hash(const uint8_t *at) {
    uint32_t three = (uint32_t) (at[0] | at[1] << 8 | at[2] << 16);
    return three * 2654435761u >> (32 - HASH_BITS);
}

static void remember(const Buffer *input, size_t at) {
    if (at + MATCH_MIN <= input->length) {
        uint32_t slot = hash(input->bytes + at);
        older[at % WINDOW] = newest[slot];
        newest[slot] = (int32_t) at;
    }
}

/* The length of the longest match for what stands at `at`, if it is longer than `least`; else `least`. */
static int longest_match(const Buffer *input, size_t at, int least, int *distance) {
    if (at + MATCH_MIN > input->length) {
        return least;
    }
    const uint8_t *here = input->bytes + at;
    int limit = input->length - at < MATCH_MAX ? (int) (input->length - at) : MATCH_MAX;
    int best = least;
    int32_t candidate = newest[hash(here)];
    for (int tries = CHAIN_MAX; candidate >= 0 && tries > 0 && best < limit; tries--) {
        if (at - (size_t) candidate > WINDOW) {
            break;
        }
        const uint8_t *there = input->bytes + candidate;
        if (there[best] == here[best]) {
            int length = 0;
            while (length < limit && there[length] == here[length]) {
                length++;
            }
            if (length > best) {
                best = length;
                *distance = (int) (at - (size_t) candidate);
                if (best >= GOOD_ENOUGH) {
                    break;
                }
            }
        }
        int32_t next = older[candidate % WINDOW];
        if (next >= candidate) {
            break; /* overwritten by a newer position */
        }
        candidate = next;
    }
    return best;
}

static void compress(const Buffer *input, Buffer *out) {
    static Block block;
    BitWriter writer = {out, 0, 0};
    size_t start = 0;
    size_t at = 0;
    memset(newest, 0xFF, sizeof newest);
    append(out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    while (at < input->length) {
        int distance = 0;
        int length = longest_match(input, at, MATCH_MIN - 1, &distance);
        remember(input, at);
        if (length >= MATCH_MIN && length < GOOD_ENOUGH) {
            int later = 0;
            if (longest_match(input, at + 1, length, &later) > length) {
                length = 0;
            }
        }
        if (length < MATCH_MIN) {
            add_symbol(&block, input->bytes[at], 0);
            at++;
        } else {
            add_symbol(&block, length, distance);
            for (int i = 1; i < length; i++) {
                remember(input, at + (size_t) i);
            }
            at += (size_t) length;
        }
        if (block.count == BLOCK_SYMBOLS) {
            write_block(&writer, &block, input->bytes + start, at - start, false);
            start = at;
        }
    }
    write_block(&writer, &block, input->bytes + start, at - start, true);
    align(&writer);
    append_u32(out, crc32(input->bytes, input->length));
    append_u32(out, (uint32_t) input->length);
}

/* ---- Expanding ---- */

typedef struct {
    const uint8_t *bytes;
    size_t length;
    size_t at;
    uint32_t bits;
    int count;
} BitReader;

static uint32_t read_bits(BitReader *reader, int count) {
    while (reader->count < count) {
        if (reader->at == reader->length) {
            fail("the input ends too early");
        }
        reader->bits |= (uint32_t) reader->bytes[reader->at++] << reader->count;
        reader->count += 8;
    }
    uint32_t value = reader->bits & ((1u << count) - 1);
    reader->bits >>= count;
    reader->count -= count;
    return value;
}

/* How many codes there are of each length, and the symbols in the order of their codes. */
typedef struct {
    uint16_t counts[CODE_BITS + 1];
    uint16_t symbols[LITERALS];
} Decoder;

static void make_decoder(Decoder *decoder, const uint8_t *lengths, int size) {
    uint16_t next[CODE_BITS + 1];
    memset(decoder, 0, sizeof *decoder);
    for (int i = 0; i < size; i++) {
        decoder->counts[lengths[i]]++;
    }
    decoder->counts[0] = 0;
    int free_codes = 1;
    next[1] = 0;
    for (int bits = 1; bits <= CODE_BITS; bits++) {
        free_codes = free_codes * 2 - decoder->counts[bits];
        if (free_codes < 0) {
            fail("a code has too many words");
        }
        if (bits < CODE_BITS) {
            next[bits + 1] = (uint16_t) (next[bits] + decoder->counts[bits]);
        }
    }
    for (int i = 0; i < size; i++) {
        if (lengths[i] != 0) {
            decoder->symbols[next[lengths[i]]++] = (uint16_t) i;
        }
    }
}

static int decode(BitReader *reader, const Decoder *decoder) {
    int code = 0;
    int first = 0;
    int index = 0;
    for (int bits = 1; bits <= CODE_BITS; bits++) {
        code |= (int) read_bits(reader, 1);
        int count = decoder->counts[bits];
        if (code - first < count) {
            return decoder->symbols[index + code - first];
        }
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    fail("a word that is in no code");
}

static void read_codes(BitReader *reader, Decoder *literals, Decoder *distances) {
    uint8_t lengths[LITERALS + 32] = {0};
    Decoder decoder;
    int literal_count = (int) read_bits(reader, 5) + 257;
    int distance_count = (int) read_bits(reader, 5) + 1;
    int order_count = (int) read_bits(reader, 4) + 4;
    for (int i = 0; i < order_count; i++) {
        lengths[LENGTH_ORDER[i]] = (uint8_t) read_bits(reader, 3);
    }
    make_decoder(&decoder, lengths, LENGTH_CODES);
    memset(lengths, 0, sizeof lengths);
    for (int i = 0; i < literal_count + distance_count;) {
        int symbol = decode(reader, &decoder);
        int repeat = 1;
        int value = symbol;
        if (symbol == 16) {
            if (i == 0) {
                fail("nothing to repeat");
            }
            value = lengths[i - 1];
            repeat = 3 + (int) read_bits(reader, 2);
        } else if (symbol >= 17) {
            value = 0;
            repeat = symbol == 17 ? 3 + (int) read_bits(reader, 3) : 11 + (int) read_bits(reader, 7);
        }
        if (i + repeat > literal_count + distance_count) {
            fail("too many code lengths");
        }
        memset(lengths + i, value, (size_t) repeat);
        i += repeat;
    }
    make_decoder(literals, lengths, literal_count < LITERALS ? literal_count : LITERALS);
    make_decoder(distances, lengths + literal_count, distance_count < DISTANCES ? distance_count : DISTANCES);
}

static void expand_symbols(BitReader *reader, Buffer *out, const Decoder *literals, const Decoder *distances) {
    for (;;) {
        int symbol = decode(reader, literals);
        if (symbol == END_OF_BLOCK) {
            return;
        }
        if (symbol < END_OF_BLOCK) {
            append_byte(out, symbol);
            continue;
        }
        symbol -= 257;
        if (symbol >= 29) {
            fail("a length that does not exist");
        }
        int length = LENGTH_BASE[symbol] + (int) read_bits(reader, LENGTH_EXTRA[symbol]);
        symbol = decode(reader, distances);
        size_t distance = DISTANCE_BASE[symbol] + (size_t) read_bits(reader, DISTANCE_EXTRA[symbol]);
        if (distance > out->length) {
            fail("a repetition of what lies before the start");
        }
        while (length-- > 0) {
            append_byte(out, out->bytes[out->length - distance]);
        }
    }
}

static void expand_stored(BitReader *reader, Buffer *out) {
    reader->at -= (size_t) (reader->count / 8);
    reader->bits = 0;
    reader->count = 0;
    size_t length = read_bits(reader, 16);
    if (read_bits(reader, 16) != (length ^ 0xFFFF) || reader->length - reader->at < length) {
        fail("a stored block of a wrong length");
    }
    append(out, reader->bytes + reader->at, length);
    reader->at += length;
}

/* Passes over what RFC 1952 allows in front: a name, a comment, and so on. */
static void skip_header(BitReader *reader) {
    if (read_bits(reader, 16) != 0x8B1F || read_bits(reader, 8) != 8) {
        fail("the input is not compressed with gzip");
    }
    uint32_t flags = read_bits(reader, 8);
    for (int i = 0; i < 6; i++) {
        read_bits(reader, 8);
    }
    if ((flags & 4) != 0) {
        for (uint32_t length = read_bits(reader, 16); length > 0; length--) {
            read_bits(reader, 8);
        }
    }
    for (uint32_t text = 8; text <= 16; text *= 2) {
        while ((flags & text) != 0 && read_bits(reader, 8) != 0) {
        }
    }
    if ((flags & 2) != 0) {
        read_bits(reader, 16);
    }
}

static void expand(const Buffer *input, Buffer *out) {
    static Decoder literals;
    static Decoder distances;
    BitReader reader = {input->bytes, input->length, 0, 0, 0};
    skip_header(&reader);
    bool last;
    do {
        last = read_bits(&reader, 1) != 0;
        switch (read_bits(&reader, 2)) {
            case 0:
                expand_stored(&reader, out);
                break;
            case 1: {
                uint8_t lengths[LITERALS + DISTANCES];
                fixed_lengths(lengths, lengths + LITERALS);
                make_decoder(&literals, lengths, LITERALS);
                make_decoder(&distances, lengths + LITERALS, DISTANCES);
                expand_symbols(&reader, out, &literals, &distances);
                break;
            }
            case 2:
                read_codes(&reader, &literals, &distances);
                expand_symbols(&reader, out, &literals, &distances);
                break;
            default:
                fail("a block of an unknown kind");
        }
    } while (!last);
    read_bits(&reader, reader.count % 8);
    uint32_t crc = read_bits(&reader, 16);
    crc |= read_bits(&reader, 16) << 16;
    uint32_t length = read_bits(&reader, 16);
    length |= read_bits(&reader, 16) << 16;
    if (crc != crc32(out->bytes, out->length) || length != (uint32_t) out->length) {
        fail("the check value is wrong");
    }
}

/* ---- The command ---- */

static void read_input(Buffer *input) {
    static uint8_t part[65536];
    size_t length;
    while ((length = fread(part, 1, sizeof part, stdin)) > 0) {
        append(input, part, length);
    }
}

/* Words that begin like others, the short ones often, in sentences: all from a sequence of numbers that is always the same. */
static void make_text(Buffer *text, size_t length) {
    static const char *const STEMS[] = {"the", "tape", "of", "record", "and", "machine", "in", "bit", "run", "instruct",
            "a", "state", "is", "point", "mem", "branch"};
    static const char *const ENDINGS[] = {"", "", "s", "ed", "ing", "er", "ion", "ory"};
    uint32_t random = 1;
    int words = 0;
    while (text->length < length) {
        random = random * 1664525 + 1013904223;
        const char *stem = STEMS[(random >> 28) & (random >> 24) & 15];
        append(text, (const uint8_t *) stem, strlen(stem));
        const char *ending = ENDINGS[(random >> 20) & 7];
        append(text, (const uint8_t *) ending, strlen(ending));
        if ((random >> 12 & 31) == 0) {
            char number[12];
            append(text, (const uint8_t *) number, (size_t) sprintf(number, " %u", (unsigned) (random >> 16)));
        }
        append_byte(text, ++words % 12 == 0 ? '\n' : ' ');
    }
    text->length = length;
}

static void test(const Buffer *input) {
    Buffer compressed = {0};
    Buffer expanded = {0};
    compress(input, &compressed);
    expand(&compressed, &expanded);
    if (expanded.length != input->length || (input->length > 0 && memcmp(expanded.bytes, input->bytes, input->length) != 0)) {
        fail("what was expanded differs from what was compressed");
    }
    printf("%zu bytes, %zu compressed, crc %08x\n", input->length, compressed.length,
            (unsigned) crc32(input->bytes, input->length));
}

int main(int count, char **arguments) {
    const char *mode = count > 1 ? arguments[1] : "";
    Buffer input = {0};
    Buffer out = {0};
    if (strcmp(mode, "-t") == 0 && count > 2) {
        make_text(&input, strtoul(arguments[2], NULL, 10));
    } else {
        read_input(&input);
    }
    if (strcmp(mode, "-t") == 0) {
        test(&input);
        return 0;
    }
    if (strcmp(mode, "-d") == 0) {
        expand(&input, &out);
    } else if (mode[0] == 0) {
        compress(&input, &out);
    } else {
        fail("unknown option; known are -d and -t");
    }
    return out.length == 0 || fwrite(out.bytes, 1, out.length, stdout) == out.length ? 0 : 1;
}
