package io.migpool.testbed.kubelet;

import java.util.List;

/**
 * A program of the host that the runtime runs when it creates a container.
 *
 * @param stage when it runs, such as {@code createContainer}
 * @param path path on the node
 * @param arguments its arguments, the first of which is its name
 */
public record ContainerHook(String stage, String path, List<String> arguments) {

    /** Copies the arguments. */
    public ContainerHook {
        arguments = List.copyOf(arguments);
    }
}
