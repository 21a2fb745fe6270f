package io.migpool.testbed.apiserver.access;

/**
 * A kind of request that a user made.
 *
 * @param user user name
 * @param program name of the program, the user agent up to its version; accounts may have several programs
 * @param verb RBAC verb
 * @param group API group of the resource, empty for core
 * @param resource RBAC resource, such as {@code pods} or {@code pods/binding}
 * @param namespace namespace in the path, empty for none
 */
public record RequestRecord(
        String user, String program, String verb, String group, String resource, String namespace) {}
