# One image for every role: `docker run … vigie up --role processor`.
FROM node:20-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends nats-server && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/vigie
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && mkdir -p /var/lib/vigie && chown node /var/lib/vigie
USER node
ENV VIGIE_DATA_DIR=/var/lib/vigie
VOLUME /var/lib/vigie
ENTRYPOINT ["node", "app/vigie.mjs"]
CMD ["up"]
