package io.migpool.extender.pool;

/**
 * Why something does not fit.
 *
 * @param code for metrics and for choosing among reasons
 * @param text for people; the same on every node with the same problem, because the scheduler counts equal texts
 */
public record Reason(ReasonCode code, String text) {}
