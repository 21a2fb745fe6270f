package io.migpool.deviceplugin.observe;

import io.migpool.deviceplugin.health.HealthObserver;
import io.migpool.deviceplugin.instance.PoolObserver;
import io.migpool.deviceplugin.kubelet.KubeletObserver;
import io.migpool.runtime.trace.PodTraces;

/**
 * Who is told what the agent does.
 *
 * @param pool about instances that are made and destroyed
 * @param kubelet about kubelet's calls
 * @param health about errors of GPUs
 * @param traces about the way of single pods
 */
public record AgentObservers(PoolObserver pool, KubeletObserver kubelet, HealthObserver health, PodTraces traces) {}
