package io.migpool.deviceplugin.api;

import io.migpool.config.EffectiveConfiguration;
import io.migpool.deviceplugin.kubelet.DevicePlugin;
import io.migpool.deviceplugin.node.NodePresence;
import java.util.Optional;

/** The parts of the agent that are visible over HTTP; each is empty until the agent has been created. */
public interface RunningAgent {

    /** Returns the plugin at kubelet. */
    Optional<DevicePlugin> plugin();

    /** Returns the node's part in the pool. */
    Optional<NodePresence> presence();

    /** Returns the configuration in force. */
    Optional<EffectiveConfiguration> configuration();
}
