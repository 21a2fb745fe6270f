package io.migpool.testbed.kubelet;

/** A device plugin did not do what kubelet needs; the message is what kubelet writes into the pod's status. */
final class PluginException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    PluginException(String message) {
        super(message);
    }

    PluginException(String message, Throwable cause) {
        super(message, cause);
    }
}
