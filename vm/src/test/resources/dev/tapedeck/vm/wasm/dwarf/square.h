/* A square whose lower bits are mixed up, so that the compiler has to keep it. */
static inline int square(int x) {
    int product = x * x;
    return product ^ product >> 3;
}
