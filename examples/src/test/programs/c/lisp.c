/*
 * A small Lisp in the manner of Scheme: reads a program from standard input and runs it.
 *
 * Values are symbols, 64-bit integers, strings, booleans, pairs, vectors and procedures. There are lexical scope, proper
 * tail calls, a garbage collector, and what the table of builtins at the end lists. An error prints the line of the form
 * at the top level that failed, and ends the program with exit code 1.
 *
 * Garbage collection marks from the global variables and from the stack of values `roots`, on which every function here
 * keeps the values that it still needs while something is allocated. It runs only in `allocate`.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Cell Cell;
typedef Cell *Value;
typedef Value (*Builtin)(Value *arguments, int count);

typedef enum { NIL, BOOLEAN, NUMBER, SYMBOL, STRING, PAIR, VECTOR, CLOSURE, PRIMITIVE } Type;

struct Cell {
    uint8_t type;
    uint8_t marked;
    union {
        int64_t number;
        struct {
            Value head;
            Value tail;
        } pair;
        struct {
            char *name;
            Value global; /* NULL where the symbol has no global value */
            Value next; /* in its chain of the symbol table */
        } symbol;
        struct {
            char *bytes;
            size_t length;
        } string;
        struct {
            Value *items;
            size_t length;
        } vector;
        struct {
            Value code; /* (parameters . body) */
            Value scope;
        } closure;
        struct {
            const char *name;
            Builtin function;
            int least;
            int most; /* -1 for any number */
        } primitive;
        Value free; /* the next free cell */
    } as;
};

enum { CELLS_PER_BLOCK = 8192, ROOTS_MAX = 1 << 18, DEPTH_MAX = 5000, SYMBOL_CHAINS = 512, TOKEN_MAX = 4096 };
enum { SMALL_MIN = -128, SMALL_MAX = 1023 };

/* ---- Errors ---- */

static int input_line = 1;
static int form_line = 1;

static void print(FILE *out, Value value, bool quoted);

static _Noreturn void fail(Value value, const char *format, ...) {
    va_list arguments;
    fflush(stdout);
    fprintf(stderr, "lisp: line %d: ", form_line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    if (value != NULL) {
        fputs(": ", stderr);
        print(stderr, value, true);
    }
    fputc('\n', stderr);
    exit(1);
}

/* ---- Memory ---- */

static Value roots[ROOTS_MAX];
static int root_count;
static Value *mark_stack;
static size_t mark_count;
static size_t mark_capacity;

static Cell **blocks;
static int block_count;
static Value free_cells;
static size_t live_cells;
static size_t collections;

static Cell nil_cell = {.type = NIL};
static Cell false_cell = {.type = BOOLEAN, .as.number = 0};
static Cell true_cell = {.type = BOOLEAN, .as.number = 1};
static Cell small_numbers[SMALL_MAX - SMALL_MIN + 1];
static Value symbols[SYMBOL_CHAINS];

static const Value nil = &nil_cell;

static void keep(Value value) {
    if (root_count == ROOTS_MAX) {
        fail(NULL, "too many values at a time");
    }
    roots[root_count++] = value;
}

static void *checked(void *memory) {
    if (memory == NULL) {
        fail(NULL, "out of memory");
    }
    return memory;
}

static void push_mark(Value value) {
    if (value == NULL || value->marked) {
        return;
    }
    value->marked = 1;
    if (mark_count == mark_capacity) {
        mark_capacity = mark_capacity == 0 ? 1024 : mark_capacity * 2;
        mark_stack = checked(realloc(mark_stack, mark_capacity * sizeof *mark_stack));
    }
    mark_stack[mark_count++] = value;
}

static void mark_all(void) {
    while (mark_count > 0) {
        Value value = mark_stack[--mark_count];
        switch (value->type) {
            case PAIR:
                push_mark(value->as.pair.head);
                push_mark(value->as.pair.tail);
                break;
            case SYMBOL:
                push_mark(value->as.symbol.global);
                break;
            case VECTOR:
                for (size_t i = 0; i < value->as.vector.length; i++) {
                    push_mark(value->as.vector.items[i]);
                }
                break;
            case CLOSURE:
                push_mark(value->as.closure.code);
                push_mark(value->as.closure.scope);
                break;
            default:
                break;
        }
    }
}

static void release(Value cell) {
    if (cell->type == STRING) {
        free(cell->as.string.bytes);
    } else if (cell->type == VECTOR) {
        free(cell->as.vector.items);
    }
    cell->type = NIL;
    cell->as.free = free_cells;
    free_cells = cell;
}

static void add_block(void) {
    blocks = checked(realloc(blocks, (size_t) (block_count + 1) * sizeof *blocks));
    Cell *block = checked(calloc(CELLS_PER_BLOCK, sizeof *block));
    blocks[block_count++] = block;
    for (int i = CELLS_PER_BLOCK - 1; i >= 0; i--) {
        block[i].as.free = free_cells;
        free_cells = &block[i];
    }
}

static void collect(void) {
    for (int i = 0; i < root_count; i++) {
        push_mark(roots[i]);
    }
    for (int i = 0; i < SYMBOL_CHAINS; i++) {
        for (Value symbol = symbols[i]; symbol != NULL; symbol = symbol->as.symbol.next) {
            push_mark(symbol);
        }
    }
    mark_all();
    free_cells = NULL;
    live_cells = 0;
    for (int i = 0; i < block_count; i++) {
        for (int j = CELLS_PER_BLOCK - 1; j >= 0; j--) {
            Value cell = &blocks[i][j];
            if (cell->marked) {
                cell->marked = 0;
                live_cells++;
            } else {
                release(cell);
            }
        }
    }
    collections++;
    if (live_cells > (size_t) block_count * CELLS_PER_BLOCK * 2 / 3) {
        add_block();
    }
}

static Value allocate(Type type) {
    if (free_cells == NULL) {
        if (block_count == 0) {
            add_block();
        } else {
            collect();
        }
    }
    Value cell = free_cells;
    free_cells = cell->as.free;
    cell->type = (uint8_t) type;
    return cell;
}

static Value boolean(bool value) {
    return value ? &true_cell : &false_cell;
}

static Value number(int64_t value) {
    if (value >= SMALL_MIN && value <= SMALL_MAX) {
        return &small_numbers[value - SMALL_MIN];
    }
    Value cell = allocate(NUMBER);
    cell->as.number = value;
    return cell;
}

static Value cons(Value head, Value tail) {
    keep(head);
    keep(tail);
    Value cell = allocate(PAIR);
    root_count -= 2;
    cell->as.pair.head = head;
    cell->as.pair.tail = tail;
    return cell;
}

static Value string(const char *bytes, size_t length) {
    char *copy = checked(malloc(length + 1));
    memcpy(copy, bytes, length);
    copy[length] = 0;
    Value cell = allocate(STRING);
    cell->as.string.bytes = copy;
    cell->as.string.length = length;
    return cell;
}

static Value symbol(const char *name) {
    unsigned hash = 5381;
    for (const char *c = name; *c != 0; c++) {
        hash = hash * 33 + (unsigned char) *c;
    }
    Value *chain = &symbols[hash % SYMBOL_CHAINS];
    for (Value known = *chain; known != NULL; known = known->as.symbol.next) {
        if (strcmp(known->as.symbol.name, name) == 0) {
            return known;
        }
    }
    size_t size = strlen(name) + 1;
    char *copy = checked(malloc(size));
    memcpy(copy, name, size);
    Value cell = allocate(SYMBOL);
    cell->as.symbol.name = copy;
    cell->as.symbol.global = NULL;
    cell->as.symbol.next = *chain;
    *chain = cell;
    return cell;
}

static bool is_pair(Value value) {
    return value->type == PAIR;
}

static Value head(Value value) {
    if (!is_pair(value)) {
        fail(value, "not a pair");
    }
    return value->as.pair.head;
}

static Value tail(Value value) {
    if (!is_pair(value)) {
        fail(value, "not a pair");
    }
    return value->as.pair.tail;
}

static Value second(Value list) {
    return head(tail(list));
}

/* ---- Reading ---- */

static int peek(void) {
    int c = getchar();
    ungetc(c, stdin);
    return c;
}

static int next_char(void) {
    int c = getchar();
    input_line += c == '\n';
    return c;
}

/* Passes over white space and comments. */
static int skip_space(void) {
    for (;;) {
        int c = peek();
        if (c == ';') {
            while (c != '\n' && c != EOF) {
                c = next_char();
            }
        } else if (c != EOF && isspace(c)) {
            next_char();
        } else {
            return c;
        }
    }
}

static Value read_value(void);

static Value read_string(void) {
    char text[TOKEN_MAX];
    size_t length = 0;
    next_char();
    for (int c = next_char(); c != '"'; c = next_char()) {
        if (c == EOF || length == sizeof text) {
            fail(NULL, "a string that does not end, or is too long");
        }
        if (c == '\\') {
            c = next_char();
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        text[length++] = (char) c;
    }
    return string(text, length);
}

static Value read_atom(void) {
    char text[TOKEN_MAX];
    size_t length = 0;
    for (int c = peek(); c != EOF && !isspace(c) && strchr("()\";'", c) == NULL; c = peek()) {
        if (length == sizeof text - 1) {
            fail(NULL, "a name that is too long");
        }
        text[length++] = (char) next_char();
    }
    text[length] = 0;
    if (strcmp(text, "#t") == 0 || strcmp(text, "#f") == 0) {
        return boolean(text[1] == 't');
    }
    const char *digits = text[0] == '-' || text[0] == '+' ? text + 1 : text;
    if (*digits != 0 && digits[strspn(digits, "0123456789")] == 0) {
        return number(strtoll(text, NULL, 10));
    }
    return symbol(text);
}

static Value read_list(void) {
    int base = root_count;
    next_char();
    for (int c = skip_space(); c != ')'; c = skip_space()) {
        if (c == EOF) {
            fail(NULL, "a list that does not end");
        }
        keep(read_value());
    }
    next_char();
    Value list = nil;
    if (root_count - base >= 3 && roots[root_count - 2] == symbol(".")) {
        list = roots[root_count - 1];
        root_count -= 2;
    }
    while (root_count > base) {
        Value item = roots[--root_count];
        list = cons(item, list);
    }
    return list;
}

/* The next value, or NULL at the end. */
static Value read_value(void) {
    int c = skip_space();
    switch (c) {
        case EOF:
            return NULL;
        case '(':
            return read_list();
        case ')':
            fail(NULL, "a ) too many");
        case '"':
            return read_string();
        case '\'': {
            next_char();
            Value quoted = read_value();
            if (quoted == NULL) {
                fail(NULL, "nothing behind a '");
            }
            return cons(symbol("quote"), cons(quoted, nil));
        }
        default:
            return read_atom();
    }
}

/* ---- Printing ---- */

static void print_text(FILE *out, Value text, bool quoted) {
    if (!quoted) {
        fwrite(text->as.string.bytes, 1, text->as.string.length, out);
        return;
    }
    fputc('"', out);
    for (size_t i = 0; i < text->as.string.length; i++) {
        char c = text->as.string.bytes[i];
        if (c == '"' || c == '\\') {
            fputc('\\', out);
        }
        fputc(c, out);
    }
    fputc('"', out);
}

static void print(FILE *out, Value value, bool quoted) {
    switch ((Type) value->type) {
        case NIL:
            fputs("()", out);
            break;
        case BOOLEAN:
            fputs(value->as.number != 0 ? "#t" : "#f", out);
            break;
        case NUMBER:
            fprintf(out, "%" PRId64, value->as.number);
            break;
        case SYMBOL:
            fputs(value->as.symbol.name, out);
            break;
        case STRING:
            print_text(out, value, quoted);
            break;
        case PAIR:
            fputc('(', out);
            print(out, head(value), quoted);
            for (value = tail(value); is_pair(value); value = tail(value)) {
                fputc(' ', out);
                print(out, head(value), quoted);
            }
            if (value != nil) {
                fputs(" . ", out);
                print(out, value, quoted);
            }
            fputc(')', out);
            break;
        case VECTOR:
            fputs("#(", out);
            for (size_t i = 0; i < value->as.vector.length; i++) {
                if (i > 0) {
                    fputc(' ', out);
                }
                print(out, value->as.vector.items[i], quoted);
            }
            fputc(')', out);
            break;
        case CLOSURE:
            fputs("#<procedure>", out);
            break;
        case PRIMITIVE:
            fprintf(out, "#<builtin %s>", value->as.primitive.name);
            break;
    }
}

/* ---- Evaluation ---- */

/* A scope is a list of frames, a frame a pair of names and values: ((names . values) ...). Names may end in a symbol that
   takes all values that are left. */
static Value *find(Value name, Value scope) {
    for (; scope != nil; scope = scope->as.pair.tail) {
        Value names = scope->as.pair.head->as.pair.head;
        Value *values = &scope->as.pair.head->as.pair.tail;
        for (; is_pair(names); names = names->as.pair.tail) {
            if (names->as.pair.head == name) {
                return &(*values)->as.pair.head;
            }
            values = &(*values)->as.pair.tail;
        }
        if (names == name) {
            return values;
        }
    }
    return name->as.symbol.global == NULL ? NULL : &name->as.symbol.global;
}

static void define(Value name, Value value, Value scope) {
    if (name->type != SYMBOL) {
        fail(name, "not a name");
    }
    if (scope == nil) {
        name->as.symbol.global = value;
        return;
    }
    Value frame = head(scope);
    keep(value);
    keep(scope);
    keep(cons(name, head(frame)));
    frame->as.pair.tail = cons(value, tail(frame));
    frame->as.pair.head = roots[root_count - 1];
    root_count -= 3;
}

static Value closure(Value code, Value scope) {
    keep(code);
    keep(scope);
    Value cell = allocate(CLOSURE);
    root_count -= 2;
    cell->as.closure.code = code;
    cell->as.closure.scope = scope;
    return cell;
}

/* The scope in which a closure's body runs, with the arguments on the stack from `base`; they are taken off. */
static Value bind(Value procedure, int base) {
    Value parameters = head(procedure->as.closure.code);
    int least = 0;
    Value rest = parameters;
    for (; is_pair(rest); rest = rest->as.pair.tail) {
        least++;
    }
    int count = root_count - base;
    if (count < least || (count > least && rest == nil)) {
        fail(NULL, "%d arguments for a procedure of %d", count, least);
    }
    Value values = nil;
    while (root_count > base) {
        Value value = roots[--root_count];
        values = cons(value, values);
    }
    Value frame = cons(parameters, values);
    return cons(frame, procedure->as.closure.scope);
}

static Value call_primitive(Value procedure, int base) {
    int count = root_count - base;
    int most = procedure->as.primitive.most;
    if (count < procedure->as.primitive.least || (most >= 0 && count > most)) {
        fail(procedure, "%d arguments for", count);
    }
    Value result = procedure->as.primitive.function(&roots[base], count);
    root_count = base;
    return result;
}

static Value quote, if_, define_, set, lambda, let, begin, cond, else_, and_, or_, while_;

static Value eval(Value form, Value scope);

/* All of a body but the last form, which is returned: its value is the body's. */
static Value eval_until_last(Value body, Value scope) {
    if (body == nil) {
        return nil;
    }
    for (; tail(body) != nil; body = tail(body)) {
        eval(head(body), scope);
    }
    return head(body);
}

static Value eval_definition(Value form, Value scope) {
    Value target = second(form);
    if (is_pair(target)) {
        define(head(target), closure(cons(tail(target), tail(tail(form))), scope), scope);
        return head(target);
    }
    define(target, eval(second(tail(form)), scope), scope);
    return target;
}

/* The scope of a let's body. A name before the bindings is that of a procedure, as in Scheme's named let. */
static Value let_scope(Value form, Value scope, Value *body) {
    Value name = second(form);
    bool named = name->type == SYMBOL;
    Value rest = named ? tail(tail(form)) : tail(form);
    int base = root_count;
    keep(scope);
    keep(nil);
    int values = root_count;
    Value names = nil;
    for (Value list = head(rest); list != nil; list = tail(list)) {
        keep(eval(second(head(list)), scope));
    }
    for (Value list = head(rest); list != nil; list = tail(list)) {
        names = cons(head(head(list)), names);
        roots[base + 1] = names;
    }
    Value ordered = nil;
    for (; names != nil; names = tail(names)) {
        ordered = cons(head(names), ordered);
    }
    roots[base + 1] = ordered;
    *body = tail(rest);
    Value code = cons(ordered, *body);
    Value outer = scope;
    if (named) {
        keep(code);
        keep(cons(name, nil));
        Value unset = cons(nil, nil);
        outer = cons(cons(roots[root_count - 1], unset), scope);
        root_count -= 2;
    }
    Value procedure = closure(code, outer);
    if (named) {
        *find(name, outer) = procedure;
    }
    roots[base] = procedure;
    Value inner = bind(procedure, values);
    root_count = base;
    return inner;
}

static Value eval_assignment(Value form, Value scope) {
    Value value = eval(second(tail(form)), scope);
    Value *variable = find(second(form), scope);
    if (variable == NULL) {
        fail(second(form), "not defined");
    }
    *variable = value;
    return value;
}

/* The clause that holds, or nil. */
static Value find_clause(Value clauses, Value scope) {
    for (; clauses != nil; clauses = tail(clauses)) {
        Value test = head(head(clauses));
        if (test == else_ || eval(test, scope) != &false_cell) {
            return tail(head(clauses));
        }
    }
    return nil;
}

static int depth;

/* Form and scope stay on the stack of values; a tail call replaces them. */
static Value eval(Value form, Value scope) {
    int base = root_count;
    Value result = nil;
    keep(form);
    keep(scope);
    if (++depth > DEPTH_MAX) {
        fail(NULL, "calls are nested too deeply");
    }
    for (;;) {
        roots[base] = form;
        roots[base + 1] = scope;
        if (form->type == SYMBOL) {
            Value *variable = find(form, scope);
            if (variable == NULL) {
                fail(form, "not defined");
            }
            result = *variable;
            break;
        }
        if (!is_pair(form)) {
            result = form;
            break;
        }
        Value operator = head(form);
        if (operator == quote) {
            result = second(form);
            break;
        } else if (operator == if_) {
            Value branches = tail(tail(form));
            if (eval(second(form), scope) == &false_cell) {
                branches = tail(branches);
            }
            form = branches == nil ? nil : head(branches);
            continue;
        } else if (operator == define_) {
            result = eval_definition(form, scope);
            break;
        } else if (operator == set) {
            result = eval_assignment(form, scope);
            break;
        } else if (operator == lambda) {
            result = closure(tail(form), scope);
            break;
        } else if (operator == begin) {
            form = eval_until_last(tail(form), scope);
            continue;
        } else if (operator == let) {
            Value body;
            scope = let_scope(form, scope, &body);
            roots[base + 1] = scope;
            form = eval_until_last(body, scope);
            continue;
        } else if (operator == cond) {
            form = eval_until_last(find_clause(tail(form), scope), scope);
            continue;
        } else if (operator == and_ || operator == or_) {
            Value rest = tail(form);
            result = boolean(operator == and_);
            while (rest != nil && tail(rest) != nil && (result != &false_cell) == (operator == and_)) {
                result = eval(head(rest), scope);
                rest = tail(rest);
            }
            if (rest == nil || (result != &false_cell) != (operator == and_)) {
                break;
            }
            form = head(rest);
            continue;
        } else if (operator == while_) {
            while (eval(second(form), scope) != &false_cell) {
                for (Value body = tail(tail(form)); body != nil; body = tail(body)) {
                    eval(head(body), scope);
                }
            }
            break;
        }
        Value procedure = eval(operator, scope);
        keep(procedure);
        int arguments = root_count;
        for (Value rest = tail(form); rest != nil; rest = tail(rest)) {
            keep(eval(head(rest), scope));
        }
        if (procedure->type == PRIMITIVE) {
            result = call_primitive(procedure, arguments);
            break;
        }
        if (procedure->type != CLOSURE) {
            fail(procedure, "not a procedure");
        }
        scope = bind(procedure, arguments);
        roots[base + 1] = scope;
        form = eval_until_last(tail(procedure->as.closure.code), scope);
        root_count = base + 2;
    }
    depth--;
    root_count = base;
    return result;
}

/* Calls a procedure with the values of a list. */
static Value apply(Value procedure, Value list) {
    int base = root_count;
    keep(procedure);
    keep(list);
    int arguments = root_count;
    for (; list != nil; list = tail(list)) {
        keep(head(list));
    }
    Value result;
    if (procedure->type == PRIMITIVE) {
        result = call_primitive(procedure, arguments);
    } else if (procedure->type == CLOSURE) {
        Value scope = bind(procedure, arguments);
        keep(scope);
        result = eval(eval_until_last(tail(procedure->as.closure.code), scope), scope);
    } else {
        fail(procedure, "not a procedure");
    }
    root_count = base;
    return result;
}

/* ---- Builtins ---- */

static int64_t integer(Value value) {
    if (value->type != NUMBER) {
        fail(value, "not a number");
    }
    return value->as.number;
}

static Value text(Value value) {
    if (value->type != STRING) {
        fail(value, "not a string");
    }
    return value;
}

/* Arithmetic wraps around at 64 bits. */
static Value add(Value *arguments, int count) {
    uint64_t sum = 0;
    for (int i = 0; i < count; i++) {
        sum += (uint64_t) integer(arguments[i]);
    }
    return number((int64_t) sum);
}

static Value subtract(Value *arguments, int count) {
    uint64_t difference = (uint64_t) integer(arguments[0]);
    if (count == 1) {
        return number((int64_t) -difference);
    }
    for (int i = 1; i < count; i++) {
        difference -= (uint64_t) integer(arguments[i]);
    }
    return number((int64_t) difference);
}

static Value multiply(Value *arguments, int count) {
    uint64_t product = 1;
    for (int i = 0; i < count; i++) {
        product *= (uint64_t) integer(arguments[i]);
    }
    return number((int64_t) product);
}

static int64_t divisor(Value value) {
    int64_t result = integer(value);
    if (result == 0) {
        fail(NULL, "division by zero");
    }
    return result;
}

static Value quotient(Value *arguments, int count) {
    (void) count;
    int64_t by = divisor(arguments[1]);
    return by == -1 ? subtract(arguments, 1) : number(integer(arguments[0]) / by);
}

static Value remainder_(Value *arguments, int count) {
    (void) count;
    int64_t by = divisor(arguments[1]);
    return number(by == -1 ? 0 : integer(arguments[0]) % by);
}

static Value modulo(Value *arguments, int count) {
    (void) count;
    int64_t by = divisor(arguments[1]);
    int64_t rest = by == -1 ? 0 : integer(arguments[0]) % by;
    return number(rest != 0 && (rest < 0) != (by < 0) ? rest + by : rest);
}

#define COMPARISON(name, operator)                                            \
    static Value name(Value *arguments, int count) {                          \
        for (int i = 1; i < count; i++) {                                     \
            if (!(integer(arguments[i - 1]) operator integer(arguments[i]))) { \
                return boolean(false);                                        \
            }                                                                 \
        }                                                                     \
        return boolean(true);                                                 \
    }
COMPARISON(equal_numbers, ==)
COMPARISON(less, <)
COMPARISON(greater, >)
COMPARISON(at_most, <=)
COMPARISON(at_least, >=)

#define PREDICATE(name, condition)                   \
    static Value name(Value *arguments, int count) { \
        (void) count;                                \
        Value value = arguments[0];                  \
        return boolean(condition);                   \
    }
PREDICATE(null_p, value == nil)
PREDICATE(pair_p, is_pair(value))
PREDICATE(number_p, value->type == NUMBER)
PREDICATE(symbol_p, value->type == SYMBOL)
PREDICATE(string_p, value->type == STRING)
PREDICATE(procedure_p, value->type == CLOSURE || value->type == PRIMITIVE)
PREDICATE(not_, value == &false_cell)

static bool equal(Value a, Value b) {
    for (;;) {
        if (a == b) {
            return true;
        }
        if (a->type != b->type) {
            return false;
        }
        switch (a->type) {
            case NUMBER:
                return a->as.number == b->as.number;
            case STRING:
                return a->as.string.length == b->as.string.length
                        && memcmp(a->as.string.bytes, b->as.string.bytes, a->as.string.length) == 0;
            case PAIR:
                if (!equal(head(a), head(b))) {
                    return false;
                }
                a = tail(a);
                b = tail(b);
                break;
            default:
                return false;
        }
    }
}

static Value eq_p(Value *arguments, int count) {
    (void) count;
    bool numbers = arguments[0]->type == NUMBER;
    return boolean(numbers ? equal(arguments[0], arguments[1]) : arguments[0] == arguments[1]);
}

static Value equal_p(Value *arguments, int count) {
    (void) count;
    return boolean(equal(arguments[0], arguments[1]));
}

static Value cons_(Value *arguments, int count) {
    (void) count;
    return cons(arguments[0], arguments[1]);
}

static Value car(Value *arguments, int count) {
    (void) count;
    return head(arguments[0]);
}

static Value cdr(Value *arguments, int count) {
    (void) count;
    return tail(arguments[0]);
}

static Value set_car(Value *arguments, int count) {
    (void) count;
    head(arguments[0]);
    arguments[0]->as.pair.head = arguments[1];
    return arguments[1];
}

static Value set_cdr(Value *arguments, int count) {
    (void) count;
    head(arguments[0]);
    arguments[0]->as.pair.tail = arguments[1];
    return arguments[1];
}

static Value list(Value *arguments, int count) {
    Value result = nil;
    for (int i = count - 1; i >= 0; i--) {
        result = cons(arguments[i], result);
    }
    return result;
}

static Value length(Value *arguments, int count) {
    (void) count;
    int64_t result = 0;
    for (Value rest = arguments[0]; rest != nil; rest = tail(rest)) {
        result++;
    }
    return number(result);
}

static Value reverse(Value *arguments, int count) {
    (void) count;
    Value result = nil;
    for (Value rest = arguments[0]; rest != nil; rest = tail(rest)) {
        result = cons(head(rest), result);
    }
    return result;
}

/* The last list becomes the end of the result; the others are copied. */
static Value append(Value *arguments, int count) {
    Value result = count == 0 ? nil : arguments[count - 1];
    for (int i = count - 2; i >= 0; i--) {
        keep(result);
        Value reversed = reverse(&arguments[i], 1);
        root_count--;
        for (; reversed != nil; reversed = tail(reversed)) {
            keep(reversed);
            result = cons(head(reversed), result);
            root_count--;
        }
    }
    return result;
}

static Value apply_(Value *arguments, int count) {
    (void) count;
    return apply(arguments[0], arguments[1]);
}

static Value map(Value *arguments, int count) {
    (void) count;
    int result = root_count;
    keep(nil);
    for (Value rest = arguments[1]; rest != nil; rest = tail(rest)) {
        Value value = apply(arguments[0], cons(head(rest), nil));
        roots[result] = cons(value, roots[result]);
    }
    return reverse(&roots[result], 1);
}

static Value for_each(Value *arguments, int count) {
    (void) count;
    for (Value rest = arguments[1]; rest != nil; rest = tail(rest)) {
        apply(arguments[0], cons(head(rest), nil));
    }
    return nil;
}

static Value make_vector(Value *arguments, int count) {
    int64_t size = integer(arguments[0]);
    if (size < 0 || size > 1 << 24) {
        fail(arguments[0], "not the length of a vector");
    }
    Value *items = checked(malloc((size_t) (size > 0 ? size : 1) * sizeof *items));
    for (int64_t i = 0; i < size; i++) {
        items[i] = count > 1 ? arguments[1] : &small_numbers[-SMALL_MIN];
    }
    Value cell = allocate(VECTOR);
    cell->as.vector.items = items;
    cell->as.vector.length = (size_t) size;
    return cell;
}

static Value *item(Value vector, Value index) {
    if (vector->type != VECTOR) {
        fail(vector, "not a vector");
    }
    int64_t at = integer(index);
    if (at < 0 || (uint64_t) at >= vector->as.vector.length) {
        fail(index, "not an index of a vector of %zu", vector->as.vector.length);
    }
    return &vector->as.vector.items[at];
}

static Value vector_ref(Value *arguments, int count) {
    (void) count;
    return *item(arguments[0], arguments[1]);
}

static Value vector_set(Value *arguments, int count) {
    (void) count;
    return *item(arguments[0], arguments[1]) = arguments[2];
}

static Value vector_length(Value *arguments, int count) {
    (void) count;
    if (arguments[0]->type != VECTOR) {
        fail(arguments[0], "not a vector");
    }
    return number((int64_t) arguments[0]->as.vector.length);
}

static Value string_append(Value *arguments, int count) {
    size_t size = 0;
    for (int i = 0; i < count; i++) {
        size += text(arguments[i])->as.string.length;
    }
    char *bytes = checked(malloc(size + 1));
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        memcpy(bytes + at, arguments[i]->as.string.bytes, arguments[i]->as.string.length);
        at += arguments[i]->as.string.length;
    }
    Value result = string(bytes, size);
    free(bytes);
    return result;
}

static Value string_length(Value *arguments, int count) {
    (void) count;
    return number((int64_t) text(arguments[0])->as.string.length);
}

static Value substring(Value *arguments, int count) {
    (void) count;
    int64_t from = integer(arguments[1]);
    int64_t to = integer(arguments[2]);
    if (from < 0 || to < from || (uint64_t) to > text(arguments[0])->as.string.length) {
        fail(arguments[0], "no part of it is from %" PRId64 " to %" PRId64, from, to);
    }
    return string(arguments[0]->as.string.bytes + from, (size_t) (to - from));
}

static Value number_to_string(Value *arguments, int count) {
    (void) count;
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRId64, integer(arguments[0]));
    return string(digits, (size_t) size);
}

static Value symbol_to_string(Value *arguments, int count) {
    (void) count;
    if (arguments[0]->type != SYMBOL) {
        fail(arguments[0], "not a symbol");
    }
    return string(arguments[0]->as.symbol.name, strlen(arguments[0]->as.symbol.name));
}

static Value display(Value *arguments, int count) {
    for (int i = 0; i < count; i++) {
        print(stdout, arguments[i], false);
    }
    return nil;
}

static Value write_(Value *arguments, int count) {
    (void) count;
    print(stdout, arguments[0], true);
    return nil;
}

static Value newline(Value *arguments, int count) {
    (void) arguments;
    (void) count;
    putchar('\n');
    return nil;
}

static Value error(Value *arguments, int count) {
    fail(count > 1 ? arguments[1] : NULL, "%s", text(arguments[0])->as.string.bytes);
}

static Value gc_count(Value *arguments, int count) {
    (void) arguments;
    (void) count;
    return number((int64_t) collections);
}

static const struct {
    const char *name;
    Builtin function;
    int least;
    int most;
} BUILTINS[] = {
    {"+", add, 0, -1}, {"-", subtract, 1, -1}, {"*", multiply, 0, -1}, {"quotient", quotient, 2, 2},
    {"remainder", remainder_, 2, 2}, {"modulo", modulo, 2, 2}, {"=", equal_numbers, 1, -1}, {"<", less, 1, -1},
    {">", greater, 1, -1}, {"<=", at_most, 1, -1}, {">=", at_least, 1, -1}, {"null?", null_p, 1, 1},
    {"pair?", pair_p, 1, 1}, {"number?", number_p, 1, 1}, {"symbol?", symbol_p, 1, 1}, {"string?", string_p, 1, 1},
    {"procedure?", procedure_p, 1, 1}, {"not", not_, 1, 1}, {"eq?", eq_p, 2, 2}, {"equal?", equal_p, 2, 2},
    {"cons", cons_, 2, 2}, {"car", car, 1, 1}, {"cdr", cdr, 1, 1}, {"set-car!", set_car, 2, 2},
    {"set-cdr!", set_cdr, 2, 2}, {"list", list, 0, -1}, {"length", length, 1, 1}, {"reverse", reverse, 1, 1},
    {"append", append, 0, -1}, {"apply", apply_, 2, 2}, {"map", map, 2, 2}, {"for-each", for_each, 2, 2},
    {"make-vector", make_vector, 1, 2}, {"vector-ref", vector_ref, 2, 2}, {"vector-set!", vector_set, 3, 3},
    {"vector-length", vector_length, 1, 1}, {"string-append", string_append, 0, -1},
    {"string-length", string_length, 1, 1}, {"substring", substring, 3, 3},
    {"number->string", number_to_string, 1, 1}, {"symbol->string", symbol_to_string, 1, 1},
    {"display", display, 1, -1}, {"write", write_, 1, 1}, {"newline", newline, 0, 0}, {"error", error, 1, 2},
    {"gc-count", gc_count, 0, 0},
};

static void prepare(void) {
    for (int i = SMALL_MIN; i <= SMALL_MAX; i++) {
        small_numbers[i - SMALL_MIN] = (Cell){.type = NUMBER, .as.number = i};
    }
    quote = symbol("quote");
    if_ = symbol("if");
    define_ = symbol("define");
    set = symbol("set!");
    lambda = symbol("lambda");
    let = symbol("let");
    begin = symbol("begin");
    cond = symbol("cond");
    else_ = symbol("else");
    and_ = symbol("and");
    or_ = symbol("or");
    while_ = symbol("while");
    for (size_t i = 0; i < sizeof BUILTINS / sizeof BUILTINS[0]; i++) {
        Value cell = allocate(PRIMITIVE);
        cell->as.primitive.name = BUILTINS[i].name;
        cell->as.primitive.function = BUILTINS[i].function;
        cell->as.primitive.least = BUILTINS[i].least;
        cell->as.primitive.most = BUILTINS[i].most;
        keep(cell);
        symbol(BUILTINS[i].name)->as.symbol.global = cell;
    }
}

int main(void) {
    prepare();
    for (;;) {
        skip_space();
        form_line = input_line;
        Value form = read_value();
        if (form == NULL) {
            return 0;
        }
        eval(form, nil);
    }
}
