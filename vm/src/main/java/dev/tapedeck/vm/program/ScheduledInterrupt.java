package dev.tapedeck.vm.program;

/**
 * An interrupt that arrives from outside, before the instruction at {@code icount} is executed.
 *
 * @param icount the instruction count at which the signal becomes pending, from 0
 * @param signal 1 to 31
 * @param payload handed to the handler
 */
public record ScheduledInterrupt(long icount, int signal, long payload) {}
