# headstart on CPUs: docker build -t headstart .
#   docker run --rm -v "$PWD":/work headstart auto reviews.csv --target stars --minutes 10 --out runs/stars
FROM python:3.13-slim

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

# the large and rarely changed part first, so that a change of the code does not load it again
RUN pip install --no-compile torch torchvision --index-url https://download.pytorch.org/whl/cpu

COPY pyproject.toml README.md LICENSE /source/
COPY src /source/src
RUN pip install --no-compile /source && rm -rf /source

# HOME can be written to by whatever user the container is run as
RUN useradd --uid 1000 --create-home --home-dir /home/user user && chmod 777 /home/user && mkdir /work && chmod 777 /work
ENV HOME=/home/user
USER user
WORKDIR /work

ENTRYPOINT ["headstart"]
CMD ["--help"]
