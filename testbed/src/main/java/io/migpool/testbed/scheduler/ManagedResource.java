package io.migpool.testbed.scheduler;

/**
 * A resource whose pods go to the extender.
 *
 * @param name name of the resource
 * @param ignoredByScheduler whether the scheduler leaves counting it to the extender
 */
public record ManagedResource(String name, boolean ignoredByScheduler) {}
