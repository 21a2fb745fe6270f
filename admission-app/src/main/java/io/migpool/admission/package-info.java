/**
 * The admission webhook as an application: {@link io.migpool.admission.AdmissionMain} starts it, and the packages below
 * do the work. No other package uses this one.
 */
@NullMarked
package io.migpool.admission;

import org.jspecify.annotations.NullMarked;
