# Biometrics with CUDA (Linux x64):
#   docker build -f deploy/docker/gpu.Dockerfile --build-arg RELEASE=no --build-arg CUDA_PROVIDER_HASH=sha512:… \
#     -t selfsame/biometrics-gpu .
# Where the hash comes from, and what a release names besides: deploy/docker/README.md.
ARG NODE_IMAGE=node:26.10.0-bookworm-slim
# CUDA 12 and cuDNN 9; TensorRT is not in it.
ARG BASE_IMAGE=nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04

# onnxruntime-node brings the CPU provider only: its libraries for CUDA are in a package of their own.
FROM ${NODE_IMAGE} AS provider
ARG CUDA_PROVIDER_BASE_URL=https://api.nuget.org/v3-flatcontainer
ARG CUDA_PROVIDER_VERSION=1.30.0
# Required, without a default: a pin that nobody has checked would be none.
ARG CUDA_PROVIDER_HASH
COPY deploy/docker/fetch-cuda-provider.ts deploy/docker/zip.ts /provider/
RUN node /provider/fetch-cuda-provider.ts --base-url "${CUDA_PROVIDER_BASE_URL}" \
  --version "${CUDA_PROVIDER_VERSION}" --hash "${CUDA_PROVIDER_HASH}" --out /provider/libraries

FROM ${NODE_IMAGE} AS build
ARG NODE_IMAGE
ARG BASE_IMAGE
ARG RELEASE=yes
ARG SOURCE_URL
ARG REVISION
ARG VERSION
ENV PATH=/source/node_modules/.bin:$PATH TURBO_TELEMETRY_DISABLED=1
WORKDIR /source
COPY . .
RUN deploy/docker/check-arguments.sh "${NODE_IMAGE}" "${BASE_IMAGE}"
RUN npx --yes "$(node -p 'require("./package.json").packageManager')" install --frozen-lockfile
RUN turbo run generate
RUN deploy/docker/assemble.sh biometrics /image/app && deploy/docker/runtime.sh /image
COPY --from=provider /provider/libraries /libraries
ARG CUDA_PROVIDER_VERSION=1.30.0
ARG CUDA_PROVIDER_HASH
RUN node deploy/docker/complete-sbom.ts --cuda-provider "${CUDA_PROVIDER_VERSION}" --hash "${CUDA_PROVIDER_HASH}" \
  /image/app/sbom.json
RUN cp /libraries/*.so /image/app/node_modules/.pnpm/onnxruntime-node@*/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/

FROM ${BASE_IMAGE}
ARG BASE_IMAGE
ARG SOURCE_URL
ARG REVISION
ARG VERSION
LABEL org.opencontainers.image.title="selfsame/biometrics-gpu" \
  org.opencontainers.image.description="Selfsame, self-hosted identity: biometrics on CUDA" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.source="${SOURCE_URL}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.base.name="${BASE_IMAGE}"
COPY --from=build /image /
ENV NODE_ENV=production HOST=0.0.0.0 BIOMETRICS_PROVIDER=cuda
WORKDIR /app/services/biometrics
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK NONE
# The base's own entry point is a shell script with a banner.
ENTRYPOINT ["node"]
CMD ["src/main.ts"]
