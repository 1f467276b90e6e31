package dev.tapedeck.harness.effect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.isa.Determinism;
import dev.tapedeck.vm.isa.Opcode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What {@code Effect}, {@code LastWriters} and {@code Dependences} do not name, they take for a calculation: pops and pushes as
 * the table says, and nothing else. A new instruction fails this test, so that somebody looks whether it is one.
 */
class OpcodeKindsTest {
    /** Each of these is named in the switches. */
    private static final Set<String> NAMED =
            Set.of(("unreachable nop br br_if br_unless br_table return call call_indirect call_host halt drop select"
                            + " unwind local.get local.set local.tee global.get global.set hp.get hp.set"
                            + " table.get table.set table.init table.copy table.fill table.grow table.size"
                            + " elem.drop memory.size memory.grow memory.init memory.copy memory.fill data.drop"
                            + " ref.null ref.func i32.const i64.const f32.const f64.const"
                            + " interrupt.enable interrupt.disable interrupt.enabled interrupt.handle"
                            + " interrupt.unhandle interrupt.raise interrupt.return ip.get sp.get bp.get"
                            + " icount.get section.new section.free section.copy section.fill")
                    .split(" "));

    private static final Pattern ACCESS = Pattern.compile("([if](32|64)|section)\\.(load|store)(8|16|32|64)?(_[su])?");

    private static final Pattern CALCULATION =
            Pattern.compile("i(32|64)\\.(eqz|eq|ne|(lt|gt|le|ge)_[su]|clz|ctz|popcnt|add|sub|mul"
                    + "|(div|rem)_[su]|and|or|xor|shl|shr_[su]|rotl|rotr|(extend|narrow)(8|16|32)(_checked)?_[su]"
                    + "|(add|sub|mul|neg)_checked_[su]|(trunc|trunc_sat)_f(32|64)_[su]|extend_i32_[su]|wrap_i64"
                    + "|reinterpret_f(32|64))"
                    + "|f(32|64)\\.(eq|ne|lt|gt|le|ge|abs|neg|ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|copysign"
                    + "|convert_i(32|64)_[su]|demote_f64|promote_f32|reinterpret_i(32|64))"
                    + "|ref\\.is_null|section\\.size");

    @Test
    @DisplayName("each instruction is named, an access, or a calculation that changes nothing but the stack")
    void eachIsOfOneKind() {
        List<String> unknown = new ArrayList<>();
        for (Opcode opcode : Opcode.values()) {
            String mnemonic = opcode.mnemonic();
            boolean named = NAMED.contains(mnemonic);
            boolean access = ACCESS.matcher(mnemonic).matches();
            boolean calculation = CALCULATION.matcher(mnemonic).matches();
            if ((named ? 1 : 0) + (access ? 1 : 0) + (calculation ? 1 : 0) != 1) {
                unknown.add(mnemonic);
            }
            assertThat(opcode.access().isPresent()).as(mnemonic).isEqualTo(access);
            if (calculation && !mnemonic.equals("section.size") && !mnemonic.equals("ref.is_null")) {
                assertThat(opcode.determinism()).as(mnemonic).isEqualTo(Determinism.PURE);
                assertThat(opcode.effect()).as(mnemonic).isPresent();
                assertThat(opcode.hasLabels()).as(mnemonic).isFalse();
            }
        }
        assertThat(unknown)
                .as("look at Effect.read, LastWriters.writes and Dependences.wrote, then add them here")
                .isEmpty();
    }
}
