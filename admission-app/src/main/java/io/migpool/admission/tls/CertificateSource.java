package io.migpool.admission.tls;

/** Where the serving certificate comes from. Asked again and again by one thread at a time; must end in seconds. */
interface CertificateSource {

    /**
     * A certificate to serve with.
     *
     * @param certificate the certificate
     * @param known whether the API server was told of its authority before this moment; if not it may take a little until
     *     it believes the certificate
     */
    record Offer(ServingCertificate certificate, boolean known) {}

    /**
     * The certificate to serve with from now on.
     *
     * @throws CertificateUnavailableException if there is none now; the one in use stays
     */
    Offer load() throws CertificateUnavailableException;
}
