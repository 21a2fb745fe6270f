package io.migpool.deviceplugin.observe;

import io.migpool.deviceplugin.health.HealthObserver;
import io.migpool.deviceplugin.instance.PoolObserver;
import io.migpool.deviceplugin.kubelet.KubeletObserver;
import io.migpool.runtime.trace.PodTraces;

/**
 * Observers of the agent.
 *
 * @param pool notified of instances that are created and destroyed
 * @param kubelet notified of kubelet's calls
 * @param health notified of GPU errors
 * @param traces receives traces of individual pods
 */
public record AgentObservers(PoolObserver pool, KubeletObserver kubelet, HealthObserver health, PodTraces traces) {}
