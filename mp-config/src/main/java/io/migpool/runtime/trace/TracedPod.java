package io.migpool.runtime.trace;

/**
 * The pod that a span is about.
 *
 * @param uid its uid, which is the id of its trace
 */
public record TracedPod(String uid, String namespace, String name) {}
