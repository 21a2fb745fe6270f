package io.migpool.deviceplugin.api;

import io.migpool.config.EffectiveConfiguration;
import io.migpool.deviceplugin.kubelet.DevicePlugin;
import io.migpool.deviceplugin.node.NodePresence;
import java.util.Optional;

/** The parts of the agent that it shows over HTTP; each is empty until the agent is made. */
public interface RunningAgent {

    /** The plugin at kubelet. */
    Optional<DevicePlugin> plugin();

    /** The node's part in the pool. */
    Optional<NodePresence> presence();

    /** The configuration in force. */
    Optional<EffectiveConfiguration> configuration();

    /** Whether there are GPUs by now that the agent does not know. */
    boolean isOutdated();
}
