package dev.tapedeck.harness.bisect;

import dev.tapedeck.vm.program.Position;
import org.jspecify.annotations.Nullable;

/** The place at which a difference between two runs began, and how much of it there is. */
final class Origin {
    /** In which run an instruction has no counterpart. */
    enum Presence {
        BOTH,
        A_ONLY,
        B_ONLY
    }

    private final long icountA;
    private final long icountB;
    private final Bisection.Kind kind;
    private final Presence presence;
    private final boolean address;
    private final Position position;

    /** Cells, globals and bytes of memory of both runs that differ because of this. */
    private long places;

    /** What came of it; null as long as no behaviour has differed because of it. */
    private @Nullable DifferenceCourse course;

    private Origin(
            long icountA, long icountB, Bisection.Kind kind, Presence presence, Position position, boolean address) {
        this.icountA = icountA;
        this.icountB = icountB;
        this.kind = kind;
        this.presence = presence;
        this.position = position;
        this.address = address;
    }

    /**
     * @param icountA instruction count in the first run
     * @param icountB instruction count in the second run
     * @param kind what made the difference
     * @param presence in which of the two runs the instruction was executed
     * @param position of the instruction, in the second program if it was executed there only
     */
    Origin(long icountA, long icountB, Bisection.Kind kind, Presence presence, Position position) {
        this(icountA, icountB, kind, presence, position, false);
    }

    /**
     * No difference of behaviour, but of addresses: the values are numbers that differ, and the same place in the data, on
     * the heap, or on the stack in memory; or they were computed from such values.
     */
    static Origin ofAddresses() {
        return new Origin(0, 0, Bisection.Kind.PROGRAM, Presence.BOTH, new Position(0, 0), true);
    }

    long icountA() {
        return icountA;
    }

    long icountB() {
        return icountB;
    }

    Bisection.Kind kind() {
        return kind;
    }

    Presence presence() {
        return presence;
    }

    /** The instruction, whenever it is executed. */
    Cause cause() {
        return new Cause(kind, presence, position);
    }

    /** An instruction that makes differences, again and again perhaps. */
    record Cause(Bisection.Kind kind, Presence presence, Position position) {}

    /** Whether only addresses differ. */
    boolean address() {
        return address;
    }

    /** The same place, where something else made the difference. */
    Origin of(Bisection.Kind other) {
        return new Origin(icountA, icountB, other, presence, position, address);
    }

    /** A difference of nothing but addresses explains nothing. */
    static @Nullable Origin unlessAddress(@Nullable Origin origin) {
        return origin == null || origin.address ? null : origin;
    }

    void count(int change) {
        places += change;
        if (course != null) {
            course.count(change);
        }
    }

    @Nullable
    DifferenceCourse course() {
        return course;
    }

    /** From here on the course counts these places too. */
    void follow(DifferenceCourse of) {
        if (course == null) {
            course = of;
            of.count(places);
        }
    }

    /** The one that began first; one that is of more than addresses before one that is not. */
    static @Nullable Origin earlier(@Nullable Origin one, @Nullable Origin other) {
        if (one == null || one == other) {
            return other;
        }
        if (other == null) {
            return one;
        }
        if (one.address != other.address) {
            return one.address ? other : one;
        }
        return one.icountA < other.icountA || (one.icountA == other.icountA && one.icountB <= other.icountB)
                ? one
                : other;
    }
}
