package io.migpool.deviceplugin.reservation;

import io.migpool.config.NodeDefaults;

/**
 * How this node's software-shared GPUs are offered, and what their containers are told.
 *
 * @param offer the cluster's values, replaced by those of the node's own entry
 * @param disableCoreLimit whether containers run without a compute limit
 */
public record SharingSettings(NodeDefaults offer, boolean disableCoreLimit) {

    /** HAMi's defaults. */
    public static final SharingSettings DEFAULT = new SharingSettings(NodeDefaults.DEFAULT, false);
}
