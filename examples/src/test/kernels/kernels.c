/*
 * What the benchmarks measure: calls (fib), bytes in memory (sieve), floating point (mandelbrot), and a mixture of what
 * embedded programs do (mix): lists, matrices, a state machine, check sums. No imports, and no library.
 */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

int32_t EXPORT(fib)(int32_t n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/* ---- sieve ---- */

enum { SIEVE_MAX = 4 << 20 };
static uint8_t composite[SIEVE_MAX];

/* The number of primes below a limit of at most 4,194,304. */
int32_t EXPORT(sieve)(int32_t limit) {
    if (limit > SIEVE_MAX) {
        return -1;
    }
    for (int32_t i = 0; i < limit; i++) {
        composite[i] = 0;
    }
    int32_t count = 0;
    for (int32_t i = 2; i < limit; i++) {
        if (composite[i]) {
            continue;
        }
        count++;
        if (i < 46341) {
            for (int32_t j = i * i; j < limit; j += i) {
                composite[j] = 1;
            }
        }
    }
    return count;
}

/* ---- mandelbrot ---- */

/* Of a square of `size` by `size` points of [-2, 0.5] x [-1.25, 1.25], how many stay within the circle for 100 steps. */
int32_t EXPORT(mandelbrot)(int32_t size) {
    int32_t inside = 0;
    for (int32_t row = 0; row < size; row++) {
        for (int32_t column = 0; column < size; column++) {
            double cr = -2.0 + 2.5 * column / size;
            double ci = -1.25 + 2.5 * row / size;
            double zr = 0;
            double zi = 0;
            int32_t steps = 0;
            while (steps < 100) {
                double rr = zr * zr;
                double ii = zi * zi;
                if (rr + ii > 4.0) {
                    break;
                }
                zi = 2 * zr * zi + ci;
                zr = rr - ii + cr;
                steps++;
            }
            inside += steps == 100;
        }
    }
    return inside;
}

/* ---- mix ---- */

enum { NODES = 256, SIDE = 16, TEXT = 512 };

typedef struct Node {
    struct Node *next;
    int16_t key;
    int16_t value;
} Node;

static Node nodes[NODES];
static int16_t left[SIDE][SIDE];
static int16_t right[SIDE][SIDE];
static int32_t product[SIDE][SIDE];
static uint8_t text[TEXT];

static uint32_t random_state;

static uint32_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static uint16_t crc16(uint32_t value, uint16_t crc) {
    for (int bit = 0; bit < 32; bit++) {
        uint32_t carry = (value ^ crc) & 1;
        value >>= 1;
        crc >>= 1;
        if (carry) {
            crc ^= 0xA001;
        }
    }
    return crc;
}

typedef int (*Order)(const Node *, const Node *);

static int by_key(const Node *a, const Node *b) {
    return a->key - b->key;
}

static int by_value(const Node *a, const Node *b) {
    return a->value - b->value;
}

/* Merges runs of 1, 2, 4, ... nodes. */
static Node *sort_list(Node *list, Order order) {
    for (int run = 1;; run *= 2) {
        Node *rest = list;
        Node *last = 0;
        int merges = 0;
        list = 0;
        while (rest) {
            Node *a = rest;
            Node *b = rest;
            int a_count = 0;
            int b_count = run;
            merges++;
            for (; a_count < run && b; a_count++) {
                b = b->next;
            }
            while (a_count > 0 || (b_count > 0 && b)) {
                Node *node;
                if (a_count > 0 && (b_count == 0 || !b || order(a, b) <= 0)) {
                    node = a;
                    a = a->next;
                    a_count--;
                } else {
                    node = b;
                    b = b->next;
                    b_count--;
                }
                if (last) {
                    last->next = node;
                } else {
                    list = node;
                }
                last = node;
            }
            rest = b;
        }
        last->next = 0;
        if (merges <= 1) {
            return list;
        }
    }
}

static Node *reverse_list(Node *list) {
    Node *reversed = 0;
    while (list) {
        Node *next = list->next;
        list->next = reversed;
        reversed = list;
        list = next;
    }
    return reversed;
}

static uint16_t lists(uint16_t crc) {
    for (int i = 0; i < NODES; i++) {
        nodes[i].key = (int16_t) (next_random() & 0x7FFF);
        nodes[i].value = (int16_t) i;
        nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : 0;
    }
    Node *list = sort_list(nodes, by_key);
    for (int i = 0; i < 16; i++) {
        int16_t wanted = nodes[(i * 37) % NODES].key;
        Node *found = list;
        while (found && found->key != wanted) {
            found = found->next;
        }
        crc = crc16((uint32_t) found->value, crc);
        list = reverse_list(list);
    }
    list = sort_list(list, by_value);
    for (; list; list = list->next) {
        crc = crc16((uint32_t) list->key, crc);
    }
    return crc;
}

static uint16_t matrices(uint16_t crc) {
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            left[i][j] = (int16_t) next_random();
            right[i][j] = (int16_t) next_random();
        }
    }
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            int32_t sum = 0;
            for (int k = 0; k < SIDE; k++) {
                sum += left[i][k] * right[k][j] >> 4;
            }
            product[i][j] = sum;
        }
    }
    uint32_t folded = 0;
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            folded = folded * 31 + (uint32_t) product[i][j];
        }
    }
    return crc16(folded, crc);
}

typedef enum { START, SIGN, DIGITS, POINT, FRACTION, EXPONENT, WRONG, STATES } State;

static State next_state(State state, uint8_t c) {
    int digit = c >= '0' && c <= '9';
    switch (state) {
        case START: return digit ? DIGITS : c == '+' || c == '-' ? SIGN : c == '.' ? POINT : WRONG;
        case SIGN: return digit ? DIGITS : c == '.' ? POINT : WRONG;
        case DIGITS: return digit ? DIGITS : c == '.' ? FRACTION : c == 'e' ? EXPONENT : WRONG;
        case POINT: return digit ? FRACTION : WRONG;
        case FRACTION: return digit ? FRACTION : c == 'e' ? EXPONENT : WRONG;
        case EXPONENT: return digit || c == '-' ? EXPONENT : WRONG;
        default: return WRONG;
    }
}

/* Looks for numbers among words that are separated by commas. */
static uint16_t states(uint16_t crc) {
    static const uint8_t letters[16] = {'0', '1', '2', '3', '4', '5', '6', '7', ',', '.', 'e', '-', '+', '8', '9', ','};
    uint32_t ended[STATES] = {0};
    for (int i = 0; i < TEXT; i++) {
        text[i] = letters[next_random() >> 8 & 15];
    }
    State state = START;
    for (int i = 0; i < TEXT; i++) {
        if (text[i] == ',') {
            ended[state]++;
            state = START;
        } else if (state != WRONG) {
            state = next_state(state, text[i]);
        }
    }
    for (int i = 0; i < STATES; i++) {
        crc = crc16(ended[i], crc);
    }
    return crc;
}

/* The check sum of so many rounds of work. */
int32_t EXPORT(mix)(int32_t rounds) {
    uint16_t crc = 0;
    random_state = 2463534242u;
    for (int32_t i = 0; i < rounds; i++) {
        crc = lists(crc);
        crc = matrices(crc);
        crc = states(crc);
    }
    return crc;
}
