"""What torchrun and Slurm tell a process of the others."""

import pytest

from clef_mm.errors import UserError
from clef_mm.launchers import first_host, process_variables

SLURM = {
    'SLURM_PROCID': '5',
    'SLURM_NTASKS': '8',
    'SLURM_LOCALID': '1',
    'SLURM_JOB_ID': '4711',
    'SLURM_JOB_NODELIST': 'other01',
    'SLURM_STEP_NODELIST': 'gpu[03-04,07]',
}
TORCHRUN = {
    'RANK': '1',
    'WORLD_SIZE': '2',
    'LOCAL_RANK': '1',
    'MASTER_ADDR': 'localhost',
    'MASTER_PORT': '29500',
}


@pytest.mark.parametrize(
    ('nodes', 'first'),
    [
        ('node1', 'node1'),
        ('node1,node2', 'node1'),
        ('node[01-04,07]', 'node01'),
        ('node[007]', 'node007'),
        ('node[7,9-12]', 'node7'),
        ('gpu-a[10-12],gpu-b[1-3]', 'gpu-a10'),
        ('rack[1-2]-node[03-04].site.org,x', 'rack1-node03.site.org'),
        ('tux_2', 'tux_2'),
    ],
)
def test_first_host_of_a_node_list(nodes, first):
    assert first_host(nodes) == first


@pytest.mark.parametrize('nodes', ['', '[', 'node[', 'node[]', 'a b', ',a', 'a[1-2'])
def test_what_is_no_node_list_is_named(nodes):
    with pytest.raises(UserError, match='MASTER_ADDR') as raised:
        first_host(nodes)
    assert repr(nodes) in str(raised.value)


def test_slurm_speaks_in_torchruns_words():
    found = process_variables('slurm', SLURM)
    port = found.pop('MASTER_PORT')
    assert found == {
        'RANK': '5',
        'WORLD_SIZE': '8',
        'LOCAL_RANK': '1',
        'MASTER_ADDR': 'gpu03',  # of the step, which may use a part of the job's nodes
    }
    assert 10_000 <= int(port) < 30_000


def test_ports_differ_between_jobs_and_steps_but_not_between_processes():
    def port(**changed):
        return process_variables('slurm', {**SLURM, **changed})['MASTER_PORT']

    assert port() == port(SLURM_PROCID='0', SLURM_LOCALID='0')
    others = [
        port(SLURM_JOB_ID=str(4711 + job), SLURM_STEP_ID=str(step))
        for job in range(10)
        for step in range(10)
    ]
    assert len(set(others)) == 100


def test_the_job_s_nodes_serve_where_the_step_has_none():
    environment = {**SLURM, 'SLURM_STEP_NODELIST': ''}
    assert process_variables('slurm', environment)['MASTER_ADDR'] == 'other01'


def test_a_host_and_port_of_the_user_are_kept():
    environment = {**SLURM, 'MASTER_ADDR': '10.0.0.1', 'MASTER_PORT': '1234'}
    environment['SLURM_STEP_NODELIST'] = 'not read ['
    found = process_variables('slurm', environment)
    assert (found['MASTER_ADDR'], found['MASTER_PORT']) == ('10.0.0.1', '1234')


def test_torchruns_own_variables_are_taken():
    assert process_variables('pytorch', {**TORCHRUN, 'HOME': '/'}) == TORCHRUN


@pytest.mark.parametrize(
    ('launcher', 'environment', 'words'),
    [
        ('slurm', SLURM, 'srun .* tools/slurm_train.sh'),
        ('pytorch', TORCHRUN, 'torchrun .* tools/dist_train.sh'),
    ],
)
def test_what_is_missing_is_named_and_how_to_start(launcher, environment, words):
    optional = {'SLURM_JOB_NODELIST', 'SLURM_STEP_NODELIST'}
    for name in set(environment) - optional:
        rest = {key: value for key, value in environment.items() if key != name}
        with pytest.raises(UserError, match=words) as raised:
            process_variables(launcher, rest)
        assert f'{name} is not set' in str(raised.value)
    with pytest.raises(UserError, match='are not set'):
        process_variables(launcher, {})
