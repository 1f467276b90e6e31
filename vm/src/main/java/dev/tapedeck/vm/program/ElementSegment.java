package dev.tapedeck.vm.program;

import dev.tapedeck.vm.isa.ValueType;
import java.util.List;

/**
 * Elements that {@code table.init} copies into tables. {@code elem.drop} makes it empty.
 *
 * @param name for people; may be empty
 * @param type the type of the elements: a reference type
 * @param elements function indexes, or -1 for null
 */
public record ElementSegment(String name, ValueType type, List<Integer> elements) {
    public ElementSegment {
        elements = List.copyOf(elements);
    }
}
