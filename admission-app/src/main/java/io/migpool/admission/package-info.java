/** The admission webhook as an application: {@code AdmissionMain} is the main class, and all else is in the packages below. */
@NullMarked
package io.migpool.admission;

import org.jspecify.annotations.NullMarked;
