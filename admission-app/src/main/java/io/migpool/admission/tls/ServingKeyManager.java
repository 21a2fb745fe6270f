package io.migpool.admission.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Presents the current certificate to new TLS handshakes; established connections are not affected. A handshake asks
 * three times (alias, chain, key), so the alias names the generation, and the previous generation stays available.
 */
final class ServingKeyManager extends X509ExtendedKeyManager {

    /**
     * One certificate in the sequence of replacements.
     *
     * @param number counts replacements, from 1
     * @param certificate what this generation presents
     * @param before the previous generation, without its own predecessor
     */
    private record Generation(int number, ServingCertificate certificate, Optional<Generation> before) {

        String alias() {
            return "generation-" + number;
        }

        Optional<Generation> withAlias(@Nullable String alias) {
            return alias().equals(alias)
                    ? Optional.of(this)
                    : before.filter(earlier -> earlier.alias().equals(alias));
        }

        Generation next(ServingCertificate certificate) {
            return new Generation(
                    number + 1, certificate, Optional.of(new Generation(number, this.certificate, Optional.empty())));
        }
    }

    private final AtomicReference<@Nullable Generation> newest = new AtomicReference<>();

    /**
     * Presents this certificate from now on.
     *
     * @return whether it differs from the one before
     */
    boolean present(ServingCertificate certificate) {
        Generation before = newest.get();
        if (before == null) {
            return newest.compareAndSet(null, new Generation(1, certificate, Optional.empty()));
        }
        return !before.certificate().chain().equals(certificate.chain())
                && newest.compareAndSet(before, before.next(certificate));
    }

    /** Returns the current certificate; empty before the first. */
    Optional<ServingCertificate> current() {
        return Optional.ofNullable(newest.get()).map(Generation::certificate);
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return alias(keyType);
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return alias(keyType);
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        String alias = alias(keyType);
        return alias == null ? null : new String[] {alias};
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(@Nullable String alias) {
        return find(alias)
                .map(ServingCertificate::chain)
                .map(chain -> chain.toArray(X509Certificate[]::new))
                .orElse(null);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(@Nullable String alias) {
        return find(alias).map(ServingCertificate::key).orElse(null);
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }

    private @Nullable String alias(String keyType) {
        Generation generation = newest.get();
        if (generation == null) {
            return null;
        }
        String algorithm = generation.certificate().key().getAlgorithm();
        return List.of(keyType.split("_", -1)).contains(algorithm) ? generation.alias() : null;
    }

    private Optional<ServingCertificate> find(@Nullable String alias) {
        return Optional.ofNullable(newest.get())
                .flatMap(generation -> generation.withAlias(alias))
                .map(Generation::certificate);
    }
}
