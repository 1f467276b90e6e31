package dev.tapedeck.harness.recording;

import java.util.List;
import java.util.function.ToLongFunction;

/** Looks for places in lists whose elements have numbers that never become smaller, such as instruction counts. */
public final class Ascending {
    private Ascending() {}

    /** The index of the first element with {@code from} or more; the size of the list if there is none. */
    public static <T> int firstFrom(List<T> list, ToLongFunction<? super T> number, long from) {
        int low = 0;
        int high = list.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (number.applyAsLong(list.get(middle)) < from) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
