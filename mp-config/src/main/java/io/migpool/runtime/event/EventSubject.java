package io.migpool.runtime.event;

/**
 * The object that an Event is about.
 *
 * @param kind its kind, of core/v1
 * @param namespace empty if the object has none
 * @param uid empty if not known
 */
public record EventSubject(String kind, String namespace, String name, String uid) {}
