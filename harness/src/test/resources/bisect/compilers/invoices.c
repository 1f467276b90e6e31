/*
 * Invoices, sorted and added up, with everything that compilers lay out differently: structures and arrays on the stack,
 * pointers to them in memory, data and functions in another order. Other versions of it are made with -D; see Makefile.
 */
__attribute__((import_module("tape"), import_name("print_i32"))) void print_i32(int value);
__attribute__((import_module("tape"), import_name("output"))) void output(const char *from, int length);

#ifdef MOVED
/* Data before the others: all addresses behind it are other ones. */
__attribute__((used)) const char greeting[200] = "good morning";
__attribute__((used)) int more[100] = {1, 2, 3};
#endif

struct line {
    int price, count, rebate;
    struct line *next;
};

static struct line pool[64];
static int used;
static int largest;

static struct line *add(struct line *next, int price, int count) {
    struct line *line = &pool[used++];
    line->price = price;
    line->count = count;
    line->rebate = 0;
    line->next = next;
    return line;
}

/* Sorts an array of pointers; it lives on the caller's stack. */
static void __attribute__((noinline)) sort(struct line **lines, int count) {
    for (int i = 1; i < count; i++) {
        struct line *moved = lines[i];
        int j = i;
        while (j > 0 && lines[j - 1]->price > moved->price) {
            lines[j] = lines[j - 1];
            j--;
        }
        lines[j] = moved;
    }
}

static void __attribute__((noinline)) rebates(struct line **lines, int count, int percent) {
#ifdef LARGER_FRAME
    volatile int scratch[32];
    scratch[count & 31] = percent;
    percent = scratch[count & 31];
#endif
    for (int i = 0; i < count; i++) {
#ifdef FAULT
        if (lines[i]->count >= 5) {
#else
        if (lines[i]->count > 5) {
#endif
            lines[i]->rebate = lines[i]->price * lines[i]->count * percent / 100;
        }
    }
}


static int __attribute__((noinline)) total(struct line **lines, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
        int amount = lines[i]->price * lines[i]->count - lines[i]->rebate;
        if (amount > largest) {
            largest = amount;
        }
        sum += amount;
    }
    return sum;
}

static int text(char *to, int number) {
    char digits[12];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (int i = 0; i < count; i++) {
        to[i] = digits[count - 1 - i];
    }
    to[count] = '\n';
    return count + 1;
}

__attribute__((export_name("main"))) void start(void) {
    struct line *list = 0;
    struct line *lines[40];
    for (int round = 0; round < 5; round++) {
        int count = 0;
        used = 0;
        list = 0;
        for (int i = 0; i < 12 + round; i++) {
            list = add(list, (i * 7919 + round * 31) % 97 + 1, i % 8 + 1);
        }
        for (struct line *line = list; line; line = line->next) {
            lines[count++] = line;
        }
        sort(lines, count);
        rebates(lines, count, 10 + round);
        int sum = total(lines, count);
        char line[16];
        output(line, text(line, sum));
        print_i32(lines[0]->price);
    }
    print_i32(largest);
}
