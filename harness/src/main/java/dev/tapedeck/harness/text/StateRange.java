package dev.tapedeck.harness.text;

import dev.tapedeck.vm.machine.Difference;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import java.util.ArrayList;
import java.util.List;

/**
 * A place where two states differ, in words: a single one, or bytes that stand one behind the other.
 *
 * @param first the place, or the first byte
 * @param length 1, or how many bytes
 * @param what the place: {@code local 'sum' of total}, {@code memory 0x1000..0x1003}
 * @param a its value in the first state
 * @param b its value in the second
 */
public record StateRange(Location first, int length, String what, String a, String b) {
    /**
     * @param a knows the names of places, and how the first value reads
     * @param b how the second value reads
     * @param differences in the order of their places
     * @param rangesMax how many to make
     */
    public static List<StateRange> of(Machine a, Machine b, List<Difference> differences, int rangesMax) {
        List<StateRange> ranges = new ArrayList<>();
        int from = 0;
        while (from < differences.size() && ranges.size() < rangesMax) {
            int to = from + 1;
            while (to < differences.size()
                    && follows(
                            differences.get(to - 1).location(),
                            differences.get(to).location())) {
                to++;
            }
            ranges.add(range(a, b, differences.subList(from, to)));
            from = to;
        }
        return ranges;
    }

    private static boolean follows(Location one, Location next) {
        return (one instanceof Location.MemoryByte before
                        && next instanceof Location.MemoryByte at
                        && at.memory() == before.memory()
                        && at.address() == before.address() + 1)
                || (one instanceof Location.SectionByte start
                        && next instanceof Location.SectionByte behind
                        && behind.section() == start.section()
                        && behind.index() == start.index() + 1);
    }

    private static StateRange range(Machine a, Machine b, List<Difference> differences) {
        Difference first = differences.get(0);
        Location location = first.location();
        String what = Places.location(a, location);
        if (location instanceof Location.MemoryByte || location instanceof Location.SectionByte) {
            byte[] ofA = new byte[differences.size()];
            byte[] ofB = new byte[differences.size()];
            for (int i = 0; i < ofA.length; i++) {
                ofA[i] = (byte) differences.get(i).a();
                ofB[i] = (byte) differences.get(i).b();
            }
            long last = ofA.length
                    - 1
                    + (location instanceof Location.MemoryByte at
                            ? at.address()
                            : ((Location.SectionByte) location).index());
            return new StateRange(
                    location,
                    ofA.length,
                    what + (ofA.length == 1 ? "" : ".." + Values.address(last)),
                    Values.bytes(ofA),
                    Values.bytes(ofB));
        }
        return new StateRange(
                location, 1, what, Values.value(a, location, first.a()), Values.value(b, location, first.b()));
    }
}
