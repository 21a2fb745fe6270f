/**
 * Simulated GPUs behind the {@code gpu} port: boards are data, their behaviour is code that knows no board, the state of a
 * machine lives in memory or in a file that outlives the agent. Configuration chooses this adapter, which {@code cli} enters
 * to name; {@code rehearsal}, tests and the testbed enter by {@link io.migpool.deviceplugin.simulated.SimulatedMachine}, the
 * hand that acts on the machine from outside.
 */
@NullMarked
package io.migpool.deviceplugin.simulated;

import org.jspecify.annotations.NullMarked;
