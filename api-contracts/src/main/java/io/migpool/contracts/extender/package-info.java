/**
 * JSON bodies of the scheduler extender protocol, version 1.
 * The extender serves them; the testbed's scheduler has its own reading of the protocol on purpose, so that a mistake here fails there.
 */
@NullMarked
package io.migpool.contracts.extender;

import org.jspecify.annotations.NullMarked;
