/**
 * Simulated GPUs behind the {@code gpu} port: boards are data, their behaviour is code that is independent of boards,
 * and the state of a machine is in memory or in a file that outlives the agent. Configuration selects this adapter;
 * {@link io.migpool.deviceplugin.simulated.SimulatedMachine} acts on the machine from outside.
 */
@NullMarked
package io.migpool.deviceplugin.simulated;

import org.jspecify.annotations.NullMarked;
