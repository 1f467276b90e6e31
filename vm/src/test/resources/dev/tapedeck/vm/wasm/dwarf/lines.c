/* What LineTableTest looks into: two files, an inlined function, and one that the linker leaves out. */
#include "square.h"

static int counter;

__attribute__((export_name("sum_of_squares"))) int sum_of_squares(int limit) {
    int sum = 0;
    for (int i = 1; i <= limit; i++) {
        sum += square(i);
    }
    counter += limit;
    return sum;
}

int left_out(int x) {
    return x / 3;
}

__attribute__((export_name("divide"))) int divide(int a, int b) {
    if (counter > 1000) {
        return -1;
    }
    return a / b;
}
