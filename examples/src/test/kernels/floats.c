/*
 * Floating point in all its corners: the bits of every result go into one check value, NaNs and their signs included.
 * What it is for: the value must be the same wherever and however the program runs. No imports, and no library.
 */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

static uint64_t digest;

static void fold(uint64_t bits) {
    digest = (digest ^ bits) * 0x9E3779B97F4A7C15u;
    digest ^= digest >> 29;
}

static void fold64(double value) {
    union { double value; uint64_t bits; } both = {value};
    fold(both.bits);
}

static void fold32(float value) {
    union { float value; uint32_t bits; } both = {value};
    fold(both.bits);
}

static double double_of(uint64_t bits) {
    union { uint64_t bits; double value; } both = {bits};
    return both.value;
}

static float float_of(uint32_t bits) {
    union { uint32_t bits; float value; } both = {bits};
    return both.value;
}

static uint64_t state;

static uint64_t next(void) {
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* Values that rounding, overflow and NaN are about, and any other bits. */
static double interesting(void) {
    static const uint64_t special[] = {
        0,                     0x8000000000000000u, 0x3FF0000000000000u, 0xBFF0000000000000u,
        0x7FF0000000000000u,   0xFFF0000000000000u, 0x7FF8000000000000u, 0xFFF8000000000000u,
        0x7FF0000000000001u,   0xFFF4000000000000u, 1,                   0x000FFFFFFFFFFFFFu,
        0x7FEFFFFFFFFFFFFFu,   0x3FE0000000000000u, 0x41DFFFFFFFC00000u, 0xC1E0000000000000u,
        0x43E0000000000000u,   0x3FDFFFFFFFFFFFFFu, 0x36A0000000000000u, 0x47EFFFFFF0000000u,
    };
    uint64_t bits = next();
    return double_of((bits & 3) != 0 ? special[(bits >> 2) % (sizeof special / sizeof special[0])] : next());
}

static void arithmetic64(double a, double b) {
    fold64(a + b);
    fold64(a - b);
    fold64(a * b);
    fold64(a / b);
    fold64(__builtin_wasm_min_f64(a, b));
    fold64(__builtin_wasm_max_f64(a, b));
    fold64(__builtin_sqrt(a));
    fold64(__builtin_floor(a));
    fold64(__builtin_ceil(a));
    fold64(__builtin_trunc(a));
    fold64(__builtin_rint(a));
    fold64(__builtin_copysign(a, b));
    fold64(-a);
    fold64(__builtin_fabs(b));
    fold((uint64_t) (a < b) << 2 | (uint64_t) (a == b) << 1 | (a >= b));
    fold32((float) a);
}

static void arithmetic32(float a, float b) {
    fold32(a + b);
    fold32(a - b);
    fold32(a * b);
    fold32(a / b);
    fold32(__builtin_wasm_min_f32(a, b));
    fold32(__builtin_wasm_max_f32(a, b));
    fold32(__builtin_sqrtf(a));
    fold32(__builtin_floorf(a));
    fold32(__builtin_ceilf(a));
    fold32(__builtin_truncf(a));
    fold32(__builtin_rintf(a));
    fold32(__builtin_copysignf(a, b));
    fold64((double) a);
    fold((uint64_t) (a < b) << 2 | (uint64_t) (a == b) << 1 | (a >= b));
}

static void conversions(double a) {
    fold((uint64_t) (int64_t) (int32_t) next());
    fold64((double) (int64_t) next());
    fold64((double) next());
    fold32((float) (int64_t) next());
    fold32((float) next());
    if (a > -2147483649.0 && a < 2147483648.0) {
        fold((uint64_t) (int64_t) (int32_t) a);
    }
    if (a >= 0 && a < 9007199254740992.0) {
        fold((uint64_t) a);
    }
}

/* Two planets on their way around a sun, one step after the other. */
static void orbit(int32_t steps) {
    double x[3] = {0, 1, -5.2};
    double y[3] = {0, 0, 0.3};
    double u[3] = {0, 0, -0.1};
    double v[3] = {0, 6.28, -2.75};
    double mass[3] = {39.47841760435743, 0.000118, 0.0377};
    for (int32_t step = 0; step < steps; step++) {
        for (int i = 0; i < 3; i++) {
            for (int j = i + 1; j < 3; j++) {
                double dx = x[i] - x[j];
                double dy = y[i] - y[j];
                double squared = dx * dx + dy * dy;
                double pull = 0.001 / (squared * __builtin_sqrt(squared));
                u[i] -= dx * mass[j] * pull;
                v[i] -= dy * mass[j] * pull;
                u[j] += dx * mass[i] * pull;
                v[j] += dy * mass[i] * pull;
            }
        }
        for (int i = 0; i < 3; i++) {
            x[i] += 0.001 * u[i];
            y[i] += 0.001 * v[i];
        }
    }
    for (int i = 0; i < 3; i++) {
        fold64(x[i]);
        fold64(y[i]);
    }
}

/* Chaos: the last bit of the first step decides over all bits of the hundredth. */
static void logistic(int32_t steps) {
    double x = 0.3;
    float y = 0.3f;
    for (int32_t i = 0; i < steps; i++) {
        x = 3.99 * x * (1 - x);
        y = 3.99f * y * (1 - y);
    }
    fold64(x);
    fold32(y);
}

/* The check value of so many rounds. */
int64_t EXPORT(floats)(int32_t rounds) {
    digest = 0;
    state = 42;
    for (int32_t i = 0; i < rounds; i++) {
        double a = interesting();
        double b = interesting();
        arithmetic64(a, b);
        arithmetic32((float) a, float_of((uint32_t) next()));
        conversions(a);
    }
    orbit(rounds);
    logistic(rounds);
    return (int64_t) digest;
}
