package dev.tapedeck.harness.bisect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.isa.ControlFlow;
import dev.tapedeck.vm.isa.Determinism;
import dev.tapedeck.vm.isa.Opcode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BehaviourTest {
    @ParameterizedTest
    @EnumSource(Opcode.class)
    @DisplayName("what changes more than stack and locals is a behaviour, by which versions of a program are compared")
    void changesAreBehaviours(Opcode opcode) {
        assertThat(Behaviour.isOne(opcode))
                .as(opcode
                        + ": a new instruction that changes state belongs into Behaviour, one that only reads it here")
                .isEqualTo(opcode == Opcode.HALT
                        || (opcode.determinism() != Determinism.PURE
                                && opcode.controlFlow() == ControlFlow.NEXT
                                && !onlyReads(opcode)));
    }

    /** Reads state, or writes nothing but the stack and locals. */
    private static boolean onlyReads(Opcode opcode) {
        return switch (opcode) {
            case LOCAL_GET,
                    LOCAL_SET,
                    LOCAL_TEE,
                    GLOBAL_GET,
                    MEMORY_SIZE,
                    TABLE_GET,
                    TABLE_SIZE,
                    INTERRUPT_ENABLED,
                    HP_GET,
                    IP_GET,
                    SP_GET,
                    BP_GET,
                    ICOUNT_GET,
                    SECTION_SIZE -> true;
            default -> opcode.mnemonic().contains(".load");
        };
    }
}
