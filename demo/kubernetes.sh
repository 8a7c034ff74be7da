# shellcheck shell=bash
# shellcheck disable=SC2034  # used by the scripts that read this
# Which cluster is the Kubernetes demo's: shared by what makes, uses and takes it down.

export KUBELAB_NAME=kubernetes-demo
kubelab=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../tests/kubelab/kubelab
cluster=/run/netplugin-$KUBELAB_NAME
