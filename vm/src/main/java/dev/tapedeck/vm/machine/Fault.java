package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.program.Position;

/**
 * The machine stopped a program. The machine's state is the one before the instruction at {@code position}, which had no
 * effect and is not counted.
 *
 * @param kind what happened
 * @param detail the values that show it, such as {@code "address 65536, 4 bytes, memory has 65536 bytes"}; may be empty
 * @param position the instruction that faulted
 * @param icount the number of instructions completed before it
 * @param sp stack pointer: index of the first free cell
 * @param bp base pointer: index of the first local of the current frame
 * @param hp heap pointer
 */
public record Fault(FaultKind kind, String detail, Position position, long icount, int sp, int bp, int hp) {}
