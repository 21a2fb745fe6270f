package io.migpool.testbed.apiserver.admission;

import java.net.InetSocketAddress;
import java.util.Optional;

/** Finds the endpoints behind a Service: the testbed has no cluster network that would lead to its pods. */
@FunctionalInterface
public interface ServiceResolver {
    /**
     * The address behind a port of a Service.
     *
     * @param namespace the Service's namespace
     * @param name the Service's name
     * @param port the Service's port
     * @return the address to connect to, empty if nothing serves it
     */
    Optional<InetSocketAddress> resolve(String namespace, String name, int port);

    /** No Service has endpoints. */
    static ServiceResolver none() {
        return (namespace, name, port) -> Optional.empty();
    }
}
